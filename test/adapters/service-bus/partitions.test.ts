import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { busSourceQueue } from '../../../src/adapters/service-bus/receive/receiver.ts'
import type { BusMessage } from '../../../src/adapters/service-bus/message.ts'
import { busSender } from '../../../src/adapters/service-bus/sender.ts'
import { sessionSourceQueue } from '../../../src/adapters/service-bus/receive/sessions.ts'
import { joinSourceQueues } from '../../../src/core/intake/receive/source-queues.ts'
import type { OutboxMessage } from '../../../src/core/ports.ts'
import { startBroker } from '../../../src/local/service-bus/broker.ts'
import { configOf } from '../../local/service-bus/support.ts'
import { busFor, complete, numbered, numberOf, openInbox, QUEUE, send, standing } from '../support/bus.ts'
import { closeAfter } from '../support/close-after.ts'
import { briskRuntime } from '../support/runtime.ts'
import { until } from '../support/until.ts'

const beyond = ({ sequence }: BusMessage): boolean => BigInt(sequence) > 2n ** 53n

void describe('a partitioned queue', () => {
  void test('each message comes once, by a number of its own that is exact, in an order that is not that of sending', async (t) => {
    const { broker, client } = await busFor(t, { EnablePartitioning: true })
    await send(client, numbered(500))
    const opened = await openInbox(
      t,
      client,
      {},
      undefined,
      (message, { settle }) => void settle([complete(message)]),
    )
    await until('all of them', async () => (await broker.counts(QUEUE)).completed === 500)
    const { arrived } = opened
    assert.equal(new Set(arrived.map(({ sequence }) => sequence)).size, 500)
    assert.ok(arrived.some(beyond))
    const sent = numbered(500).map(({ n }) => n)
    assert.notDeepEqual(arrived.map(numberOf), sent)
    assert.deepEqual(
      arrived.map(numberOf).toSorted((a, b) => a - b),
      sent,
    )
  })

  void test('with sessions each one comes in order', async (t) => {
    const broker = await startBroker({
      config: configOf({ [QUEUE]: { EnablePartitioning: true, RequiresSession: true } }),
    })
    const again = (): ReturnType<typeof connect> =>
      connect(
        { kind: 'connection-string', connectionString: broker.connectionString },
        { maxRetries: 0, timeoutInMs: 500 },
      )
    const client = again()
    const sender = client.createSender(QUEUE)
    const employees = Array.from({ length: 12 }, (_, employee) => String(employee))
    for (const sessionId of employees)
      await sender.sendMessages(
        numbered(20).map(({ n }) => ({ body: Buffer.from(JSON.stringify({ n })), sessionId })),
      )
    const bySession = new Map<string, BusMessage[]>()
    const inbox = sessionSourceQueue(
      again,
      { queue: QUEUE, inFlight: 64, sessions: 4, idleMs: 50, turnMs: 10_000, watchdogMs: 60_000 },
      briskRuntime(50),
    )
    const receiver = await inbox.open((message) => {
      const session = message.native.sessionId ?? ''
      bySession.set(session, [...(bySession.get(session) ?? []), message])
      void receiver.settle([complete(message)])
    })
    t.after(async () => {
      await receiver.close()
      await closeWithin(500, client.close())
      await broker.stop()
    })
    await until('all of them', async () => (await broker.counts(QUEUE)).completed === 240)
    for (const session of employees) {
      const messages = bySession.get(session) ?? []
      assert.deepEqual(
        messages.map(numberOf),
        numbered(20).map(({ n }) => n),
      )
      assert.equal(new Set(messages.map(({ sequence }) => BigInt(sequence) >> 48n)).size, 1)
    }
    assert.ok([...bySession.values()].flat().some(beyond))
  })
})

void test('outcomes of many employees are sent to a partitioned queue with sessions, in order for each employee', async (t) => {
  const { broker, client } = await busFor(t, { EnablePartitioning: true, RequiresSession: true })
  const outlet = busSender(client, QUEUE)
  closeAfter(t, () => closeWithin(500, outlet.close()))
  const employees = Array.from({ length: 40 }, (_, employee) => `p${employee}`)
  const outcome = (subject: string, n: number): OutboxMessage => {
    return {
      id: `${subject}-${n}`,
      subject,
      sessionId: subject,
      contentType: 'application/json',
      body: { n },
      properties: {},
    }
  }
  await outlet.send([0, 1, 2].flatMap((n) => employees.map((employee) => outcome(employee, n))))
  assert.equal((await broker.counts(QUEUE)).incoming, 120)
  for (const employee of employees.slice(0, 3)) {
    const session = await client.acceptSession(QUEUE, employee)
    const messages = await session.peekMessages(10)
    assert.deepEqual(
      messages.map(({ body }) => body),
      [{ n: 0 }, { n: 1 }, { n: 2 }],
    )
    await session.close()
  }
})

void test('several receivers hold more at once than the client lets one', async (t) => {
  const { broker, client } = await busFor(t)
  await send(client, numbered(2_600))
  const clients = [
    client,
    ...[1].map(() => connect({ kind: 'connection-string', connectionString: broker.connectionString })),
  ]
  const inbox = joinSourceQueues(
    clients.map((one) =>
      busSourceQueue(standing(one), { queue: QUEUE, inFlight: 1_400, watchdogMs: 60_000 }, briskRuntime(50)),
    ),
  )
  const held: BusMessage[] = []
  const receiver = await inbox.open((message) => void held.push(message))
  closeAfter(t, async () => {
    await receiver.close()
    for (const one of clients) await closeWithin(500, one.close())
  })
  await until('all of them, unsettled', () => held.length === 2_600)
  assert.equal(new Set(held.map(numberOf)).size, 2_600)
  await receiver.settle(held.map(complete))
  assert.equal((await broker.counts(QUEUE)).completed, 2_600)
})
