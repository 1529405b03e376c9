import assert from 'node:assert/strict'
import type { ServiceBusMessage, ServiceBusReceivedMessage } from '@azure/service-bus'
import { type Case, deadLetters, sequenceOf } from './bench.ts'
import { manual, receive, receiveOne } from '../../../fakes/receiving.ts'

/**
 * Not the emulator's: it has no partitions. In a namespace of the Standard tier partitioning is
 * chosen when an entity is made.
 */
export const partitionedConfig = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'sbemulatorns',
        Queues: [
          { Name: 'cf-partitioned', Properties: { EnablePartitioning: true, LockDuration: 'PT5S' } },
          {
            Name: 'cf-partitioned-sessions',
            Properties: { EnablePartitioning: true, RequiresSession: true, LockDuration: 'PT5S' },
          },
        ],
        Topics: [
          {
            Name: 'cf-partitioned-topic',
            Properties: { EnablePartitioning: true },
            Subscriptions: [{ Name: 'all', Properties: {} }],
          },
        ],
      },
    ],
  },
}

const BEYOND_NUMBERS = 2n ** 53n
const numberOf = (message: ServiceBusReceivedMessage): bigint => BigInt(sequenceOf(message).toString())
const partition = (message: ServiceBusReceivedMessage): bigint => numberOf(message) >> 48n
const local = (message: ServiceBusReceivedMessage): bigint => numberOf(message) & 0xffff_ffff_ffffn
const many = (count: number, more: Partial<ServiceBusMessage> = {}): ServiceBusMessage[] =>
  Array.from({ length: count }, (_, body) => ({ body, ...more }))
const source = 'https://learn.microsoft.com/azure/service-bus-messaging/message-sequencing'
const partitioning = 'https://learn.microsoft.com/azure/service-bus-messaging/service-bus-partitioning'

export const partitionCases: readonly Case[] = [
  {
    rule: 'the topmost 16 bits of a sequence number are its partition; numbers differ, and do not fit a double',
    source,
    body: async ({ client }) => {
      await client.createSender('cf-partitioned').sendMessages(many(64))
      const messages = await receive(
        client.createReceiver('cf-partitioned', { receiveMode: 'receiveAndDelete' }),
        64,
      )
      assert.ok(new Set(messages.map(partition)).size > 1)
      assert.equal(new Set(messages.map(numberOf)).size, 64)
      assert.ok(messages.some((message) => numberOf(message) > BEYOND_NUMBERS))
      assert.deepEqual(
        new Set(messages.map(({ body }) => Number(body))),
        new Set(Array.from({ length: 64 }, (_, n) => n)),
        'each of them once',
      )
    },
  },
  {
    rule: 'messages of one partition key stay in one partition, numbered in the order of arrival',
    source: partitioning,
    body: async ({ client }) => {
      const sender = client.createSender('cf-partitioned')
      for (const partitionKey of ['a', 'b'])
        await sender.sendMessages(many(10, { partitionKey, applicationProperties: { partitionKey } }))
      const messages = await receive(
        client.createReceiver('cf-partitioned', { receiveMode: 'receiveAndDelete' }),
        20,
      )
      for (const key of ['a', 'b']) {
        const own = messages.filter(
          ({ applicationProperties }) => applicationProperties?.['partitionKey'] === key,
        )
        assert.equal(new Set(own.map(partition)).size, 1)
        const byNumber = own.toSorted((one, other) => (local(one) < local(other) ? -1 : 1))
        assert.deepEqual(
          byNumber.map(({ body }) => Number(body)),
          many(10).map(({ body }) => Number(body)),
        )
      }
    },
  },
  {
    rule: 'a batch of messages that are meant for different partitions is refused as a whole',
    source:
      'https://learn.microsoft.com/previous-versions/dotnet/api/microsoft.azure.servicebus.queueclient.sendasync',
    body: async ({ client }) => {
      const sender = client.createSender('cf-partitioned')
      await assert.rejects(
        sender.sendMessages([...many(1, { partitionKey: 'a' }), ...many(1, { partitionKey: 'b' })]),
      )
      assert.deepEqual(await client.createReceiver('cf-partitioned').peekMessages(1), [])
    },
  },
  {
    rule: 'a session is in one partition and is received in order',
    source: partitioning,
    body: async ({ client }) => {
      const sender = client.createSender('cf-partitioned-sessions')
      for (const sessionId of ['a', 'b', 'c']) await sender.sendMessages(many(8, { sessionId }))
      for (const sessionId of ['c', 'a', 'b']) {
        const session = await client.acceptSession('cf-partitioned-sessions', sessionId, manual)
        const messages = await receive(session, 8)
        assert.equal(new Set(messages.map(partition)).size, 1)
        assert.deepEqual(
          messages.map(({ body }) => Number(body)),
          many(8).map(({ body }) => Number(body)),
        )
        await Promise.all(messages.map((message) => session.completeMessage(message)))
        await session.close()
      }
    },
  },
  {
    rule: 'a message is found again by a number beyond 2^53: deferred, peeked, scheduled and cancelled',
    source,
    body: async ({ client }) => {
      const sender = client.createSender('cf-partitioned')
      await sender.sendMessages(many(32))
      const receiver = client.createReceiver('cf-partitioned', manual)
      const messages = await receive(receiver, 32)
      const far =
        messages.find((message) => numberOf(message) > BEYOND_NUMBERS) ?? assert.fail('none is beyond 2^53')
      await receiver.deferMessage(far)
      const [again] = await receiver.receiveDeferredMessages([sequenceOf(far)])
      assert.ok(again)
      assert.deepEqual([numberOf(again), again.body], [numberOf(far), far.body])
      const [peeked] = await receiver.peekMessages(1, { fromSequenceNumber: sequenceOf(far) })
      assert.equal(peeked && numberOf(peeked), numberOf(far))
      await receiver.completeMessage(again)
      for (const message of messages) if (message !== far) await receiver.completeMessage(message)

      const scheduled = await sender.scheduleMessages(many(16), new Date(Date.now() + 3_600_000))
      assert.ok(scheduled.some((sequence) => BigInt(sequence.toString()) > BEYOND_NUMBERS))
      await sender.cancelScheduledMessages(scheduled)
      assert.deepEqual(
        await receiver.peekMessages(1, { fromSequenceNumber: scheduled[0] ?? assert.fail() }),
        [],
      )
    },
  },
  {
    rule: 'peeking goes through every partition, to the end',
    source,
    body: async ({ client }) => {
      await client.createSender('cf-partitioned').sendMessages(many(100))
      const receiver = client.createReceiver('cf-partitioned', manual)
      const seen = new Set<number>()
      for (let round = 0; round < 100; round += 1) {
        const page = await receiver.peekMessages(7)
        if (page.length === 0) break
        for (const { body } of page) seen.add(Number(body))
      }
      assert.equal(seen.size, 100)
    },
  },
  {
    rule: 'dead letters and copies for subscriptions have numbers with a partition too',
    source,
    body: async ({ client }) => {
      await client.createSender('cf-partitioned').sendMessages(many(32))
      const receiver = client.createReceiver('cf-partitioned', manual)
      for (const message of await receive(receiver, 32))
        await receiver.deadLetterMessage(message, {
          deadLetterReason: 'because',
          deadLetterErrorDescription: 'for a test',
        })
      const dead = await receive(client.createReceiver('cf-partitioned', deadLetters), 32)
      assert.equal(new Set(dead.map(numberOf)).size, 32)
      assert.ok(dead.some((message) => numberOf(message) > BEYOND_NUMBERS))

      await client.createSender('cf-partitioned-topic').sendMessages({ body: 'x', partitionKey: 'a' })
      const copy = await receiveOne(
        client.createReceiver('cf-partitioned-topic', 'all', { receiveMode: 'receiveAndDelete' }),
      )
      assert.ok(partition(copy) > 0n)
    },
  },
]
