import assert from 'node:assert/strict'
import { bodies, type Case, deadLetters, receiveRest, sequenceOf } from './bench.ts'
import { manual, receive, receiveOne } from '../../../fakes/receiving.ts'

/**
 * One turn of the event loop: settlements of one turn are merged by the client's AMQP library,
 * whatever their outcomes.
 */
const turn = async () => await new Promise((resolve) => setImmediate(resolve))

const locks = 'Message transfers, locks, and settlement'

export const settlementCases: readonly Case[] = [
  {
    rule: 'a completed message is gone and cannot be settled again',
    source: locks,
    body: async ({ client }) => {
      await client.createSender('cf-queue').sendMessages({ body: 1 })
      const receiver = client.createReceiver('cf-queue', manual)
      const message = await receiveOne(receiver)
      await receiver.completeMessage(message)
      await assert.rejects(receiver.renewMessageLock(message), { code: 'MessageLockLost' })
      assert.deepEqual(await receiver.peekMessages(1), [])
    },
  },
  {
    rule: 'an abandoned message comes back before later ones, with its delivery count raised and the properties given',
    source: locks,
    body: async ({ client }) => {
      await client
        .createSender('cf-queue')
        .sendMessages([{ body: 1, applicationProperties: { kept: 'k', changed: 'old' } }, { body: 2 }])
      const receiver = client.createReceiver('cf-queue', manual)
      await receiver.abandonMessage(await receiveOne(receiver), { changed: 'new', added: 'a' })
      const again = await receiveOne(receiver)
      assert.deepEqual([again.body, again.deliveryCount], [1, 1])
      assert.deepEqual(again.applicationProperties, { kept: 'k', changed: 'new', added: 'a' })
    },
  },
  {
    rule: 'a message whose lock expires is delivered again with its delivery count raised, and its old lock is lost',
    source: locks,
    body: async ({ client, pass }) => {
      await client.createSender('cf-queue').sendMessages({ body: 1 })
      const receiver = client.createReceiver('cf-queue', manual)
      const first = await receiveOne(receiver)
      await pass(6000)
      const second = await receiveOne(receiver)
      assert.equal(second.deliveryCount, 1)
      await assert.rejects(receiver.completeMessage(first), { code: 'MessageLockLost' })
      await receiver.completeMessage(second)
    },
  },
  {
    rule: 'a renewed lock lasts the lock duration from that moment',
    source: 'Message transfers, locks, and settlement; renew-lock',
    body: async ({ client, pass }) => {
      await client.createSender('cf-queue').sendMessages({ body: 1 })
      const receiver = client.createReceiver('cf-queue', manual)
      const message = await receiveOne(receiver)
      const before = message.lockedUntilUtc?.getTime() ?? 0
      await pass(3000)
      const until = await receiver.renewMessageLock(message)
      assert.ok(until.getTime() > before + 1000)
      await pass(3500)
      await receiver.completeMessage(message)
    },
  },
  {
    rule: 'a message delivered MaxDeliveryCount times without success is dead-lettered as MaxDeliveryCountExceeded',
    source: 'Dead-letter queues',
    body: async ({ client }) => {
      await client.createSender('cf-queue').sendMessages({ body: 'poison' })
      const receiver = client.createReceiver('cf-queue', manual)
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const message = await receiveOne(receiver)
        assert.equal(message.deliveryCount, attempt)
        await receiver.abandonMessage(message)
      }
      assert.deepEqual(await receiveRest(receiver), [])
      const dead = await receiveOne(client.createReceiver('cf-queue', deadLetters))
      assert.deepEqual([dead.body, dead.deadLetterReason], ['poison', 'MaxDeliveryCountExceeded'])
    },
  },
  {
    rule: 'a message of a dead-letter queue returns to its place however often its lock expires, and can be peeked throughout',
    source: 'Dead-letter queues',
    body: async ({ client, pass }) => {
      await client.createSender('cf-queue').sendMessages([{ body: 1 }, { body: 2 }, { body: 3 }])
      const receiver = client.createReceiver('cf-queue', manual)
      for (const message of await receive(receiver, 3)) await receiver.deadLetterMessage(message)
      // More often than the queue itself would allow.
      for (let round = 0; round < 5; round += 1) {
        const dead = client.createReceiver('cf-queue', deadLetters)
        const [first, second] = await receive(dead, 3)
        if (round === 2 && second) await dead.abandonMessage(second)
        assert.deepEqual(
          bodies(await dead.peekMessages(10, { fromSequenceNumber: sequenceOf(first) })),
          [1, 2, 3],
        )
        await dead.close()
        await pass(5100)
      }
      assert.deepEqual(bodies(await receive(client.createReceiver('cf-queue', deadLetters), 3)), [1, 2, 3])
    },
  },
  {
    rule: 'a dead-lettered message carries reason, description and the properties given, and no source',
    source: 'Dead-letter queues',
    body: async ({ client }) => {
      await client.createSender('cf-queue').sendMessages({ body: 1, applicationProperties: { own: 'o' } })
      const receiver = client.createReceiver('cf-queue', manual)
      await receiver.deadLetterMessage(await receiveOne(receiver), {
        deadLetterReason: 'Why',
        deadLetterErrorDescription: 'How',
        field: 'name',
      })
      const queue = client.createReceiver('cf-queue', deadLetters)
      const dead = await receiveOne(queue)
      assert.deepEqual(
        [dead.deadLetterReason, dead.deadLetterErrorDescription, dead.deadLetterSource],
        ['Why', 'How', undefined],
      )
      assert.equal(dead.applicationProperties?.['own'], 'o')
      assert.equal(dead.applicationProperties['field'], 'name')
      await queue.completeMessage(dead)
      assert.deepEqual(await receiveRest(queue), [])
    },
  },
  {
    rule: 'a deferred message is received by its sequence number only, and settled like any other',
    source: 'Message deferral; live test of azure-sdk-for-js: deferredMessage.spec.ts',
    body: async ({ client, pass }) => {
      await client.createSender('cf-queue').sendMessages([{ body: 'later' }, { body: 'next' }])
      const receiver = client.createReceiver('cf-queue', manual)
      const message = await receiveOne(receiver)
      await receiver.deferMessage(message, { step: 'two' })
      assert.deepEqual(bodies(await receive(receiver, 1)), ['next'])
      assert.equal((await receiver.peekMessages(1))[0]?.state, 'deferred')
      const [deferred] = await receiver.receiveDeferredMessages(sequenceOf(message))
      assert.ok(deferred)
      assert.deepEqual([deferred.body, deferred.applicationProperties?.['step']], ['later', 'two'])
      // Deferring counted the delivery.
      assert.equal(deferred.deliveryCount, 1)
      // Abandoned, or its lock run out, it stays deferred.
      await receiver.abandonMessage(deferred)
      const [again] = await receiver.receiveDeferredMessages(sequenceOf(message))
      assert.equal(again?.deliveryCount, 2)
      await pass(6000)
      const [third] = await receiver.receiveDeferredMessages(sequenceOf(message))
      assert.ok(third)
      await receiver.completeMessage(third)
      await assert.rejects(receiver.receiveDeferredMessages(sequenceOf(message)), { code: 'MessageNotFound' })
    },
  },
  {
    rule: 'deferring a deferred message counts once more, and shows it as deferred',
    source: 'live test of azure-sdk-for-js: deferredMessage.spec.ts',
    body: async ({ client }) => {
      await client.createSender('cf-queue').sendMessages({ body: 'x' })
      const receiver = client.createReceiver('cf-queue', manual)
      const message = await receiveOne(receiver)
      await receiver.deferMessage(message)
      const [first] = await receiver.receiveDeferredMessages(sequenceOf(message))
      assert.ok(first)
      await receiver.deferMessage(first)
      const [second] = await receiver.receiveDeferredMessages(sequenceOf(message))
      assert.deepEqual([second?.deliveryCount, second?.state], [2, 'deferred'])
    },
  },
  {
    rule: 'a dead-letter queue counts no deliveries',
    source: 'live test of azure-sdk-for-js: backupMessageSettlement.spec.ts and deadLetter.spec.ts',
    body: async ({ client }) => {
      await client.createSender('cf-queue').sendMessages({ body: 'x' })
      const receiver = client.createReceiver('cf-queue', manual)
      await receiver.deadLetterMessage(await receiveOne(receiver))
      const dead = client.createReceiver('cf-queue', deadLetters)
      await dead.abandonMessage(await receiveOne(dead))
      const again = await receiveOne(dead)
      assert.equal(again.deliveryCount, 0)
      await dead.deferMessage(again)
      const [deferred] = await dead.receiveDeferredMessages(sequenceOf(again))
      assert.equal(deferred?.deliveryCount, 0)
    },
  },
  {
    rule: 'a deferred message can be dead-lettered with its reason',
    source: 'Message deferral; dead-letter queues',
    body: async ({ client }) => {
      await client.createSender('cf-queue').sendMessages({ body: 'x' })
      const receiver = client.createReceiver('cf-queue', manual)
      const message = await receiveOne(receiver)
      await receiver.deferMessage(message)
      const [deferred] = await receiver.receiveDeferredMessages(sequenceOf(message))
      assert.ok(deferred)
      await receiver.deadLetterMessage(deferred, {
        deadLetterReason: 'Late',
        deadLetterErrorDescription: 'too late',
      })
      assert.equal(
        (await receiveOne(client.createReceiver('cf-queue', deadLetters))).deadLetterReason,
        'Late',
      )
    },
  },
  {
    rule: 'settlements of different kinds each reach their own message',
    source: 'AMQP 1.0, 2.7.6',
    body: async ({ client }) => {
      await client
        .createSender('cf-queue')
        .sendMessages(Array.from({ length: 12 }, (_, index) => ({ body: index })))
      const receiver = client.createReceiver('cf-queue', manual)
      const messages = await receive(receiver, 12)
      const settled: Promise<void>[] = []
      for (const [index, message] of messages.entries()) {
        await turn()
        if (index % 3 === 0) settled.push(receiver.completeMessage(message))
        else if (index % 3 === 1)
          settled.push(
            receiver.deadLetterMessage(message, {
              deadLetterReason: `r${index}`,
              deadLetterErrorDescription: 'd',
            }),
          )
        else settled.push(receiver.abandonMessage(message))
      }
      await Promise.all(settled)
      const dead = await receive(client.createReceiver('cf-queue', deadLetters), 4)
      assert.deepEqual(
        new Map(dead.map((message) => [message.body as unknown, message.deadLetterReason])),
        new Map([1, 4, 7, 10].map((index) => [index, `r${index}`])),
      )
      assert.deepEqual(
        bodies(await receive(receiver, 4)).sort((left, right) => Number(left) - Number(right)),
        [2, 5, 8, 11],
      )
    },
  },
  {
    rule: 'completes given all at once are all acknowledged',
    source: 'AMQP 1.0, 2.7.6',
    body: async ({ client }) => {
      await client
        .createSender('cf-queue')
        .sendMessages(Array.from({ length: 100 }, (_, index) => ({ body: index })))
      const receiver = client.createReceiver('cf-queue', manual)
      const messages = await receive(receiver, 100)
      await Promise.all(messages.map((message) => receiver.completeMessage(message)))
      assert.deepEqual(await receiver.peekMessages(1), [])
    },
  },
  {
    rule: 'a message can be settled after the receiver it came from was closed',
    source: 'azure-sdk-for-js: settlement falls back to update-disposition',
    body: async ({ client }) => {
      await client.createSender('cf-queue').sendMessages({ body: 1 })
      const receiver = client.createReceiver('cf-queue', manual)
      const message = await receiveOne(receiver)
      await receiver.close()
      const other = client.createReceiver('cf-queue', manual)
      await other.completeMessage(message)
      assert.deepEqual(await other.peekMessages(1), [])
    },
  },
  {
    rule: 'no more messages are handed out than a receiver asked for',
    source: 'AMQP 1.0, 2.6.7',
    body: async ({ client }) => {
      await client
        .createSender('cf-queue')
        .sendMessages(Array.from({ length: 10 }, (_, index) => ({ body: index })))
      const first = client.createReceiver('cf-queue', manual)
      assert.equal((await receive(first, 3)).length, 3)
      const second = client.createReceiver('cf-queue', manual)
      assert.deepEqual(bodies(await receive(second, 7)), [3, 4, 5, 6, 7, 8, 9])
    },
  },
  {
    rule: 'a receive on an empty queue ends in time, because its drain is answered',
    source: 'AMQP 1.0, 2.6.7',
    body: async ({ client }) => {
      const receiver = client.createReceiver('cf-queue', manual)
      assert.deepEqual(await receiver.receiveMessages(1, { maxWaitTimeInMs: 50 }), [])
      const started = Date.now()
      for (let round = 0; round < 20; round += 1)
        assert.deepEqual(await receiver.receiveMessages(5, { maxWaitTimeInMs: 50 }), [])
      // A drain without an answer costs 200 ms and a new link each time.
      assert.ok(Date.now() - started < 5_000)
    },
  },
]
