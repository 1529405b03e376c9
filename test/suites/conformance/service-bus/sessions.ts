import assert from 'node:assert/strict'
import { type Bench, bodies, type Case, deadLetters, receiveRest, sequenceOf } from './bench.ts'
import { manual, receive, receiveOne } from '../../../fakes/receiving.ts'

const source = 'Message sessions'
const queue = 'cf-sessions'

async function sendTo(bench: Bench, sessionId: string, ...values: readonly unknown[]): Promise<void> {
  await bench.client.createSender(queue).sendMessages(values.map((body) => ({ body, sessionId })))
}

export const sessionCases: readonly Case[] = [
  {
    rule: 'a session is received by name, in the order sent, and apart from other sessions',
    source,
    body: async (bench) => {
      const [mine, other] = [bench.id(), bench.id()]
      for (const body of [1, 2, 3]) {
        await sendTo(bench, mine, body)
        await sendTo(bench, other, -body)
      }
      const receiver = await bench.client.acceptSession(queue, mine, manual)
      assert.equal(receiver.sessionId, mine)
      assert.ok(receiver.sessionLockedUntilUtc)
      const messages = await receive(receiver, 3)
      assert.deepEqual(bodies(messages), [1, 2, 3])
      assert.ok(messages.every((message) => message.sessionId === mine))
      assert.deepEqual(await receiveRest(receiver), [])
    },
  },
  {
    rule: 'the next session is an unlocked one with messages',
    source,
    body: async (bench) => {
      const [first, second] = [bench.id(), bench.id()]
      await sendTo(bench, first, 1)
      await sendTo(bench, second, 2)
      const held = await bench.client.acceptSession(queue, first, manual)
      const seen = new Set<string>()
      // A shared namespace may hold sessions of earlier runs.
      while (!seen.has(second)) {
        const next = await bench.client.acceptNextSession(queue, manual)
        assert.notEqual(next.sessionId, held.sessionId)
        assert.ok(!seen.has(next.sessionId))
        seen.add(next.sessionId)
      }
    },
  },
  {
    rule: 'a locked session cannot be accepted',
    source,
    body: async (bench) => {
      const id = bench.id()
      await sendTo(bench, id, 1)
      await bench.client.acceptSession(queue, id, manual)
      await assert.rejects(bench.connect().acceptSession(queue, id, manual), {
        code: 'SessionCannotBeLocked',
      })
    },
  },
  {
    rule: 'when no session becomes free in time the answer is ServiceTimeout',
    source: 'azure-sdk-for-js: acceptNextSession',
    body: async (bench) => {
      const impatient = bench.connect({ retryOptions: { maxRetries: 0, timeoutInMs: 1500 } })
      for (;;) {
        const accepted = await impatient
          .acceptNextSession(queue, { ...manual, receiveMode: 'receiveAndDelete' })
          .catch((error: unknown) => error)
        if (accepted instanceof Error) {
          assert.equal(Reflect.get(accepted, 'code'), 'ServiceTimeout')
          return
        }
      }
    },
  },
  {
    rule: 'a receiver that waits for a session gets one as soon as it has a message',
    source,
    body: async (bench) => {
      const id = bench.id()
      const waiting = bench.connect().acceptNextSession(queue, manual)
      await bench.client.acceptSession(queue, bench.id(), manual)
      await sendTo(bench, id, 'x')
      const receiver = await waiting
      assert.deepEqual(bodies(await receive(receiver, 1)), ['x'])
    },
  },
  {
    rule: 'closing a session gives its unsettled messages back in order without raising their delivery count',
    source: 'Message sessions; delivery count',
    body: async (bench) => {
      const id = bench.id()
      await sendTo(bench, id, 1, 2, 3)
      const first = await bench.client.acceptSession(queue, id, manual)
      const [head] = await receive(first, 3)
      assert.ok(head)
      await first.completeMessage(head)
      await first.close()
      const second = await bench.client.acceptSession(queue, id, manual)
      const rest = await receive(second, 2)
      assert.deepEqual(
        rest.map((message) => [message.body as unknown, message.deliveryCount]),
        [
          [2, 0],
          [3, 0],
        ],
      )
    },
  },
  {
    rule: 'an expired session lock frees the session and counts the deliveries of its messages',
    source: 'Message sessions; delivery count',
    body: async (bench) => {
      const id = bench.id()
      await sendTo(bench, id, 1)
      const first = await bench.client.acceptSession(queue, id, manual)
      const message = await receiveOne(first)
      await bench.pass(6000)
      await assert.rejects(first.completeMessage(message), { code: 'SessionLockLost' })
      const second = await bench.client.acceptSession(queue, id, manual)
      assert.equal((await receiveOne(second)).deliveryCount, 1)
    },
  },
  {
    rule: 'a renewed session lock covers the messages held under it',
    source: 'Message sessions; renew-session-lock',
    body: async (bench) => {
      const id = bench.id()
      await sendTo(bench, id, 1)
      const receiver = await bench.client.acceptSession(queue, id, manual)
      const message = await receiveOne(receiver)
      const before = receiver.sessionLockedUntilUtc.getTime()
      await bench.pass(3000)
      assert.ok((await receiver.renewSessionLock()).getTime() > before + 1000)
      await bench.pass(3500)
      await receiver.completeMessage(message)
    },
  },
  {
    rule: 'the state of a session survives its receiver, and a session without one has none',
    source: 'Message sessions; session state',
    body: async (bench) => {
      const id = bench.id()
      await sendTo(bench, id, 1)
      const first = await bench.client.acceptSession(queue, id, manual)
      assert.ok(!(await first.getSessionState()))
      await first.setSessionState({ step: 2 })
      await first.completeMessage(await receiveOne(first))
      await first.close()
      const second = await bench.client.acceptSession(queue, id, manual)
      assert.deepEqual(await second.getSessionState(), { step: 2 })
    },
  },
  {
    rule: 'an empty session id beside a partition key is taken',
    source: 'live test of azure-sdk-for-js: sessionsTests.spec.ts, "empty session id"',
    body: async ({ client }) => {
      await client.createSender(queue).sendMessages({ body: 'x', sessionId: '', partitionKey: 'p' })
      // The client cannot accept the session without a name, but shows what is in it.
      const [peeked] = await client.createReceiver(queue, manual).peekMessages(1)
      assert.deepEqual([peeked?.body, peeked?.sessionId, peeked?.partitionKey], ['x', '', 'p'])
    },
  },
  {
    rule: 'a message without a session id cannot be sent to an entity that requires sessions',
    source,
    body: async ({ client }) => {
      await assert.rejects(client.createSender(queue).sendMessages({ body: 1 }), /SessionId was not set/)
    },
  },
  {
    rule: 'a receiver without a session cannot open on an entity that requires one, nor a session receiver on one that does not',
    source,
    body: async (bench) => {
      await assert.rejects(
        bench.client.createReceiver(queue, manual).receiveMessages(1, { maxWaitTimeInMs: 500 }),
        /InvalidOperation/,
      )
      await assert.rejects(bench.client.acceptSession('cf-queue', bench.id(), manual))
    },
  },
  {
    rule: 'the dead-letter queue of a session queue is read without sessions, and messages keep their session id',
    source: 'azure-sdk-for-net#21271',
    body: async (bench) => {
      const id = bench.id()
      await sendTo(bench, id, 'bad')
      const receiver = await bench.client.acceptSession(queue, id, manual)
      await receiver.deadLetterMessage(await receiveOne(receiver))
      const dead = await receiveOne(bench.client.createReceiver(queue, deadLetters))
      assert.deepEqual([dead.body, dead.sessionId], ['bad', id])
    },
  },
  {
    rule: 'a message of a session can be deferred and received again by its sequence number',
    source: 'Message deferral; message sessions',
    body: async (bench) => {
      const id = bench.id()
      await sendTo(bench, id, 'a', 'b')
      const receiver = await bench.client.acceptSession(queue, id, manual)
      const message = await receiveOne(receiver)
      await receiver.deferMessage(message)
      assert.deepEqual(bodies(await receive(receiver, 1)), ['b'])
      const [deferred] = await receiver.receiveDeferredMessages(sequenceOf(message))
      assert.ok(deferred)
      assert.equal(deferred.body, 'a')
      await receiver.completeMessage(deferred)
    },
  },
  {
    rule: 'an abandoned message of a session comes before the later ones',
    source,
    body: async (bench) => {
      const id = bench.id()
      await sendTo(bench, id, 1, 2)
      const receiver = await bench.client.acceptSession(queue, id, manual)
      await receiver.abandonMessage(await receiveOne(receiver))
      const messages = await receive(receiver, 2)
      assert.deepEqual(bodies(messages), [1, 2])
      assert.equal(messages[0]?.deliveryCount, 1)
    },
  },
]
