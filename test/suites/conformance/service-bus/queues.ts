import assert from 'node:assert/strict'
import type { PeekMessagesOptions } from '@azure/service-bus'
import { bodies, type Case, deadLetters, receiveRest, sequenceOf } from './bench.ts'
import { manual, receive, receiveOne } from '../../../fakes/receiving.ts'

export const queueCases: readonly Case[] = [
  {
    rule: 'a message arrives with the body, properties and application properties it was sent with',
    source: 'Messages, payloads, and serialization',
    body: async ({ client, id }) => {
      const sent = {
        body: { name: 'Åsa', list: [1, 2.5, null, true] },
        messageId: id(),
        correlationId: 'c-1',
        subject: 'hired',
        contentType: 'application/json',
        to: 'somewhere',
        replyTo: 'back',
        replyToSessionId: 'rs',
        timeToLive: 60_000,
        applicationProperties: { text: 'x', whole: 7, real: 1.5, flag: true },
      }
      await client.createSender('cf-queue').sendMessages(sent)
      const message = await receiveOne(client.createReceiver('cf-queue', manual))
      for (const [name, value] of Object.entries(sent))
        assert.deepEqual(Reflect.get(message, name), value, name)
      assert.equal(message.deliveryCount, 0)
      assert.equal(message.state, 'active')
      assert.ok(message.enqueuedTimeUtc)
      assert.ok(message.lockedUntilUtc)
    },
  },
  {
    rule: 'the messages of a batch arrive one by one, in the order of the batch, with rising sequence numbers',
    source: 'Message sequencing and timestamps',
    body: async ({ client }) => {
      const sender = client.createSender('cf-queue')
      const batch = await sender.createMessageBatch()
      for (let index = 0; index < 60; index += 1) assert.ok(batch.tryAddMessage({ body: index }))
      await sender.sendMessages(batch)
      const messages = await receive(
        client.createReceiver('cf-queue', { receiveMode: 'receiveAndDelete' }),
        60,
      )
      assert.deepEqual(
        bodies(messages),
        Array.from({ length: 60 }, (_, index) => index),
      )
      const sequences = messages.map((message) => sequenceOf(message).toNumber())
      assert.ok(sequences.every((sequence, index) => index === 0 || sequence > (sequences[index - 1] ?? 0)))
    },
  },
  {
    rule: 'receive and delete removes a message as it is handed over, without a lock',
    source: 'Message transfers, locks, and settlement',
    body: async ({ client }) => {
      await client.createSender('cf-queue').sendMessages({ body: 1 })
      const receiver = client.createReceiver('cf-queue', { receiveMode: 'receiveAndDelete' })
      const message = await receiveOne(receiver)
      assert.equal(message.lockedUntilUtc, undefined)
      await receiver.close()
      assert.deepEqual(await receiveRest(client.createReceiver('cf-queue', manual)), [])
    },
  },
  {
    rule: 'an entity that does not exist is refused with MessagingEntityNotFound',
    source: 'Messaging exceptions',
    body: async ({ client, id }) => {
      const name = `cf-none-${id()}`
      await assert.rejects(client.createSender(name).sendMessages({ body: 1 }), {
        code: 'MessagingEntityNotFound',
      })
      await assert.rejects(client.createReceiver(name).receiveMessages(1, { maxWaitTimeInMs: 500 }), {
        code: 'MessagingEntityNotFound',
      })
    },
  },
  {
    rule: 'a message larger than the limit is refused at once and the sender can go on',
    source: 'Quotas; message size; live test of azure-sdk-for-js: sendBatch.spec.ts',
    body: async ({ client }) => {
      const sender = client.createSender('cf-queue')
      const { maxSizeInBytes } = await sender.createMessageBatch()
      const started = performance.now()
      await assert.rejects(sender.sendMessages({ body: 'x'.repeat(maxSizeInBytes + 1) }), {
        code: 'MessageSizeExceeded',
      })
      // The client would learn of a closed link by its own timeout only.
      assert.ok(performance.now() - started < 30_000)
      await sender.sendMessages({ body: 'small' })
      assert.equal((await receiveOne(client.createReceiver('cf-queue', manual))).body, 'small')
    },
  },
  {
    rule: 'peeking shows messages in order and without a lock, from a sequence number on',
    source: 'Message browsing',
    body: async ({ client }) => {
      await client.createSender('cf-queue').sendMessages([0, 1, 2, 3, 4].map((body) => ({ body })))
      const receiver = client.createReceiver('cf-queue', manual)
      await receive(receiver, 2)
      const peeked = await receiver.peekMessages(10)
      assert.deepEqual(bodies(peeked), [0, 1, 2, 3, 4])
      assert.ok(peeked.every((message) => message.lockedUntilUtc === undefined))
      assert.deepEqual(
        bodies(await receiver.peekMessages(10, { fromSequenceNumber: sequenceOf(peeked[3]) })),
        [3, 4],
      )
    },
  },
  {
    rule: 'a peek without bodies shows none',
    source: 'live test of azure-sdk-for-js: peekMessagesOptions.spec.ts',
    body: async ({ client }) => {
      await client
        .createSender('cf-queue')
        .sendMessages({ body: 'x', subject: 's', applicationProperties: { a: 1 } })
      const receiver = client.createReceiver('cf-queue', manual)
      // Not in the client's typings.
      const withoutBodies: PeekMessagesOptions & { readonly omitMessageBody: true } = {
        omitMessageBody: true,
      }
      const [peeked] = await receiver.peekMessages(1, withoutBodies)
      assert.deepEqual(
        [peeked?.body, peeked?.subject, peeked?.applicationProperties?.['a']],
        [undefined, 's', 1],
      )
      assert.equal((await receiveOne(receiver)).body, 'x')
    },
  },
  {
    rule: 'a property larger than 32 KB, and properties larger than 64 KB in all, are refused',
    source: 'Quotas; message property size. That it is with amqp:not-allowed is an inference',
    body: async ({ client }) => {
      const sender = client.createSender('cf-queue')
      const large = (...kilobytes: readonly number[]) => ({
        body: 1,
        applicationProperties: Object.fromEntries(
          kilobytes.map((size, index) => [`p${index}`, 'x'.repeat(size * 1024)]),
        ),
      })
      await assert.rejects(sender.sendMessages(large(33)), /32768/)
      await assert.rejects(sender.sendMessages(large(22, 22, 22)), /65536/)
      await sender.sendMessages(large(31, 31))
      const message = await receiveOne(client.createReceiver('cf-queue', manual))
      assert.equal(Object.keys(message.applicationProperties ?? {}).length, 2)
    },
  },
  {
    rule: 'duplicate detection accepts a message id seen within its window and drops the message',
    source: 'Duplicate detection',
    body: async ({ client, id, pass }) => {
      const [first, second] = [id(), id()]
      const sender = client.createSender('cf-duplicates')
      await sender.sendMessages([
        { body: 1, messageId: first },
        { body: 2, messageId: first },
        { body: 3, messageId: second },
      ])
      await sender.sendMessages({ body: 4, messageId: second })
      const receiver = client.createReceiver('cf-duplicates', { receiveMode: 'receiveAndDelete' })
      assert.deepEqual(bodies(await receive(receiver, 2)), [1, 3])
      assert.deepEqual(await receiveRest(receiver), [])
      await pass(31_000)
      await sender.sendMessages({ body: 5, messageId: first })
      assert.deepEqual(bodies(await receive(receiver, 1)), [5])
    },
  },
  {
    rule: 'a scheduled message can be peeked at once, is delivered when due and under a new sequence number',
    source: 'Message sequencing and timestamps; scheduled messages',
    body: async ({ client, pass }) => {
      const sender = client.createSender('cf-queue')
      // Relative to the service's clock, which a peeked message shows.
      await sender.sendMessages({ body: 'now' })
      const receiver = client.createReceiver('cf-queue', manual)
      const now = (await receiver.peekMessages(1))[0]?.enqueuedTimeUtc?.getTime() ?? Date.now()
      const [sequence] = await sender.scheduleMessages({ body: 'later' }, new Date(now + 5000))
      const peeked = (await receiver.peekMessages(5)).find((message) => message.body === 'later')
      assert.equal(peeked?.state, 'scheduled')
      assert.equal(peeked.sequenceNumber?.toString(), sequence?.toString())
      await receiver.completeMessage(await receiveOne(receiver))
      assert.deepEqual(await receiveRest(receiver), [])
      await pass(6000)
      const message = await receiveOne(receiver)
      assert.equal(message.body, 'later')
      // [live test of azure-sdk-for-js: sendAndSchedule.spec.ts, "Schedule single message"]
      assert.equal(message.state, 'scheduled')
      assert.notEqual(message.sequenceNumber?.toString(), sequence?.toString())
    },
  },
  {
    rule: 'a scheduled message that is cancelled is never delivered, and cannot be cancelled twice',
    source: 'Message sequencing and timestamps; scheduled messages',
    body: async ({ client, pass }) => {
      const sender = client.createSender('cf-queue')
      await sender.sendMessages({ body: 'now' })
      const receiver = client.createReceiver('cf-queue', manual)
      const now = (await receiveOne(receiver)).enqueuedTimeUtc?.getTime() ?? Date.now()
      const sequences = await sender.scheduleMessages([{ body: 'a' }, { body: 'b' }], new Date(now + 2000))
      const [first] = sequences
      assert.ok(first)
      await sender.cancelScheduledMessages(first)
      await assert.rejects(sender.cancelScheduledMessages(first), { code: 'MessageNotFound' })
      await pass(3000)
      assert.deepEqual(bodies(await receive(receiver, 1)), ['b'])
    },
  },
  {
    rule: 'a message that outlives its time to live is dead-lettered as TTLExpiredException where the queue is configured so',
    source: 'Message expiration; dead-letter queues',
    body: async ({ client, pass }) => {
      await client.createSender('cf-queue').sendMessages({ body: 'short', timeToLive: 1000 })
      await pass(2000)
      assert.deepEqual(await receiveRest(client.createReceiver('cf-queue', manual)), [])
      const dead = await receiveOne(client.createReceiver('cf-queue', deadLetters))
      assert.equal(dead.body, 'short')
      assert.equal(dead.deadLetterReason, 'TTLExpiredException')
      assert.ok(dead.deadLetterErrorDescription)
    },
  },
  {
    rule: 'a message that outlives its time to live is dropped where the queue does not dead-letter it',
    source: 'Message expiration',
    body: async ({ client, pass }) => {
      await client
        .createSender('cf-dropping')
        .sendMessages([{ body: 'short', timeToLive: 1000 }, { body: 'long' }])
      await pass(2000)
      assert.deepEqual(bodies(await receive(client.createReceiver('cf-dropping', manual), 1)), ['long'])
      assert.deepEqual(await receiveRest(client.createReceiver('cf-dropping', deadLetters)), [])
    },
  },
  {
    rule: 'a locked message does not expire before its lock ends',
    source: 'Message expiration',
    body: async ({ client, pass }) => {
      await client.createSender('cf-queue').sendMessages({ body: 'short', timeToLive: 1500 })
      const receiver = client.createReceiver('cf-queue', manual)
      const message = await receiveOne(receiver)
      await pass(2500)
      await receiver.completeMessage(message)
      assert.deepEqual(await receiveRest(client.createReceiver('cf-queue', deadLetters)), [])
    },
  },
  {
    rule: 'a queue that forwards passes its messages on with the sequence number they first got',
    source: 'Autoforwarding',
    body: async ({ client, id }) => {
      const messageId = id()
      await client.createSender('cf-forwarding').sendMessages({ body: 'f', messageId })
      const message = await receiveOne(client.createReceiver('cf-target', manual))
      assert.equal(message.messageId, messageId)
      assert.ok(message.enqueuedSequenceNumber !== undefined)
    },
  },
  {
    rule: 'forwarded dead letters keep their reason and name the entity they died in',
    source: 'Autoforwarding; dead-letter queues',
    body: async ({ client }) => {
      await client.createSender('cf-dead-forwarding').sendMessages({ body: 'd' })
      const receiver = client.createReceiver('cf-dead-forwarding', manual)
      await receiver.deadLetterMessage(await receiveOne(receiver), {
        deadLetterReason: 'Why',
        deadLetterErrorDescription: 'How',
      })
      const message = await receiveOne(client.createReceiver('cf-target', manual))
      assert.equal(message.deadLetterReason, 'Why')
      assert.equal(message.deadLetterSource?.toLowerCase(), 'cf-dead-forwarding')
    },
  },
]
