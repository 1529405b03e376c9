import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { ServiceBusClient } from '@azure/service-bus'
import { manual, receive, receiveOne } from '../../fakes/receiving.ts'

const config = JSON.stringify({
  UserConfig: {
    Namespaces: [
      {
        Name: 'sbemulatorns',
        Queues: [
          {
            Name: 'q',
            Properties: { RequiresDuplicateDetection: true, DuplicateDetectionHistoryTimeWindow: 'PT10M' },
          },
          { Name: 's', Properties: { RequiresSession: true } },
        ],
        Topics: [{ Name: 't', Subscriptions: [{ Name: 'u' }] }],
      },
    ],
  },
})

async function temporaryFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'service-bus-'))
  t.after(async () => await rm(folder, { recursive: true }))
  return join(folder, 'bus.db')
}

async function startProcess(
  t: TestContext,
  file: string,
): Promise<{ readonly child: ChildProcess; readonly client: ServiceBusClient }> {
  const child = fork(new URL('broker-process.ts', import.meta.url), [config, file])
  t.after(() => child.kill('SIGKILL'))
  const [started] = (await once(child, 'message')) as [{ readonly connectionString: string }]
  return {
    child,
    client: new ServiceBusClient(started.connectionString, {
      retryOptions: { maxRetries: 0, timeoutInMs: 2000 },
    }),
  }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

void it('a broker that is killed has everything it acknowledged when it starts again: messages, states, sessions, ids and rules', async (t) => {
  const file = await temporaryFile(t)
  const first = await startProcess(t, file)
  const sender = first.client.createSender('q')
  await sender.sendMessages(
    ['done', 'abandoned', 'deferred', 'dead', 'waiting'].map((body) => ({
      body,
      messageId: body,
      applicationProperties: { n: 1 },
    })),
  )
  const [scheduled] = await sender.scheduleMessages(
    { body: 'scheduled', messageId: 'scheduled' },
    new Date(Date.now() + 600_000),
  )
  const receiver = first.client.createReceiver('q', manual)
  const [done, abandoned, deferred, dead] = await receive(receiver, 4)
  assert.ok(done && abandoned && deferred && dead)
  await receiver.completeMessage(done)
  await receiver.abandonMessage(abandoned, { n: 2 })
  await receiver.deferMessage(deferred)
  await receiver.deadLetterMessage(dead, { deadLetterReason: 'R', deadLetterErrorDescription: 'D' })
  await first.client.createSender('s').sendMessages([1, 2].map((body) => ({ body, sessionId: 'k' })))
  const session = await first.client.acceptSession('s', 'k', manual)
  await session.setSessionState('half way')
  await session.completeMessage(await receiveOne(session))
  const rules = first.client.createRuleManager('t', 'u')
  await rules.createRule('red', { applicationProperties: { color: 'red' } })
  await rules.deleteRule('$Default')
  await kill(first.child)

  const { client, child } = await startProcess(t, file)
  const names: string[] = []
  for await (const { name } of client.createRuleManager('t', 'u').listRules()) names.push(name)
  assert.deepEqual(names, ['red'])
  const again = client.createReceiver('q', manual)
  const seen = await again.peekMessages(10)
  assert.deepEqual(
    seen.map((message) => [message.body as unknown, message.state, message.deliveryCount]),
    [
      ['abandoned', 'active', 1],
      ['deferred', 'deferred', 1],
      ['waiting', 'active', 0],
      ['scheduled', 'scheduled', 0],
    ],
  )
  assert.ok(seen[0])
  assert.deepEqual(seen[0].applicationProperties, { n: 2 })
  assert.ok(deferred.sequenceNumber)
  assert.equal((await again.receiveDeferredMessages(deferred.sequenceNumber))[0]?.body, 'deferred')
  assert.ok(scheduled)
  await client.createSender('q').cancelScheduledMessages(scheduled)
  // An id it knew is still a duplicate.
  await client.createSender('q').sendMessages({ body: 'again', messageId: 'done' })
  // (Peeking goes on where it was: from the front again.)
  const front = seen[0].sequenceNumber
  assert.ok(front)
  assert.equal((await again.peekMessages(10, { fromSequenceNumber: front })).length, 3)
  assert.equal(
    (await receiveOne(client.createReceiver('q', { ...manual, subQueueType: 'deadLetter' })))
      .deadLetterReason,
    'R',
  )
  const reopened = await client.acceptNextSession('s', manual)
  assert.equal(await reopened.getSessionState(), 'half way')
  assert.equal((await receiveOne(reopened)).body, 2)
  await client.close()
  await kill(child)
})

void it('killed in the middle of a stream of sends, it has every message that was acknowledged', async (t) => {
  const file = await temporaryFile(t)
  const first = await startProcess(t, file)
  const sender = first.client.createSender('q')
  const acknowledged: string[] = []
  const sending = Promise.all(
    Array.from({ length: 20 }, async (_, lane) => {
      for (let index = 0; ; index += 1) {
        const messageId = `${lane}-${index}`
        const sent = await sender.sendMessages({ body: 1, messageId }).then(
          () => true,
          () => false,
        )
        if (!sent) return
        acknowledged.push(messageId)
      }
    }),
  )
  while (acknowledged.length < 2000) await new Promise((resolve) => setImmediate(resolve))
  await kill(first.child)
  await sending

  const { client, child } = await startProcess(t, file)
  const receiver = client.createReceiver('q', { receiveMode: 'receiveAndDelete' })
  const kept = new Set<string>()
  for (;;) {
    const messages = await receiver.receiveMessages(500, { maxWaitTimeInMs: 200 })
    if (messages.length === 0) break
    for (const { messageId } of messages) kept.add(String(messageId))
  }
  assert.deepEqual(
    acknowledged.filter((messageId) => !kept.has(messageId)),
    [],
  )
  await client.close()
  await kill(child)
})

void it('the files of the broker are readable by their owner only', async (t) => {
  const file = await temporaryFile(t)
  const before = process.umask(0)
  t.after(() => process.umask(before))
  await writeFile(file, '', { mode: 0o644 })
  const { child, client } = await startProcess(t, file)
  const sender = client.createSender('q')
  await sender.sendMessages({ body: 'first', messageId: '1' })
  const folder = dirname(file)
  const names = await readdir(folder)
  assert.ok(names.includes('bus.db-wal'), names.join())
  for (const name of names) assert.equal((await stat(join(folder, name))).mode & 0o077, 0, name)
  await client.close()
  await kill(child)
})
