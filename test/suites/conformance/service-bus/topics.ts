import assert from 'node:assert/strict'
import { type Bench, bodies, type Case, deadLetters, receiveRest } from './bench.ts'
import { manual, receive, receiveOne } from '../../../fakes/receiving.ts'

const topic = 'cf-topic'
const filters = 'Topic filters and actions'

async function sendColours({ client }: Bench): Promise<void> {
  await client
    .createSender(topic)
    .sendMessages([
      { body: 'red 3', subject: 'important', applicationProperties: { color: 'red', quantity: 3 } },
      { body: 'red 1', subject: 'plain', applicationProperties: { color: 'red', quantity: 1 } },
      { body: 'blue 5', subject: 'important', applicationProperties: { color: 'blue', quantity: 5 } },
      { body: 'nothing' },
    ])
}

export const topicCases: readonly Case[] = [
  {
    rule: 'a subscription without a rule of its own gets a copy of every message',
    source: filters,
    body: async (bench) => {
      await sendColours(bench)
      const receiver = bench.client.createReceiver(topic, 'everything', manual)
      assert.deepEqual(bodies(await receive(receiver, 4)), ['red 3', 'red 1', 'blue 5', 'nothing'])
    },
  },
  {
    rule: 'a SQL filter takes the messages for which its condition is true, and not those for which it is unknown',
    source: 'SQL filter syntax',
    body: async (bench) => {
      await sendColours(bench)
      assert.deepEqual(bodies(await receiveRest(bench.client.createReceiver(topic, 'sql', manual))), [
        'red 3',
      ])
    },
  },
  {
    rule: 'a correlation filter takes the messages that match all of its properties',
    source: filters,
    body: async (bench) => {
      await sendColours(bench)
      assert.deepEqual(bodies(await receiveRest(bench.client.createReceiver(topic, 'correlation', manual))), [
        'red 3',
      ])
    },
  },
  {
    rule: 'a rule action changes the copy of its own subscription only',
    source: 'SQL action syntax',
    body: async (bench) => {
      await sendColours(bench)
      const changed = await receive(bench.client.createReceiver(topic, 'acting', manual), 3)
      assert.deepEqual(
        changed.map(({ applicationProperties }) => [
          applicationProperties?.['price'],
          applicationProperties?.['color'],
        ]),
        [
          [6, undefined],
          [2, undefined],
          [10, undefined],
        ],
      )
      const [original] = await receive(bench.client.createReceiver(topic, 'everything', manual), 4)
      assert.deepEqual(original?.applicationProperties, { color: 'red', quantity: 3 })
    },
  },
  {
    rule: 'rules can be listed, removed and added while the topic is in use',
    source: 'AMQP request/response: rules',
    body: async (bench) => {
      const { client } = bench
      const manager = client.createRuleManager(topic, 'ruled')
      const names = async () => {
        const found: string[] = []
        for await (const { name } of manager.listRules()) found.push(name)
        return found
      }
      for (const name of await names()) await manager.deleteRule(name)
      await sendColours(bench)
      const receiver = client.createReceiver(topic, 'ruled', manual)
      assert.deepEqual(await receiveRest(receiver), [])
      await manager.createRule('blue', { applicationProperties: { color: 'blue' } })
      await assert.rejects(manager.createRule('blue', { sqlExpression: '1=1' }))
      await assert.rejects(manager.createRule('broken', { sqlExpression: 'color = = 1' }))
      assert.deepEqual(await names(), ['blue'])
      await sendColours(bench)
      assert.deepEqual(bodies(await receive(receiver, 1)), ['blue 5'])
      await manager.deleteRule('blue')
      await manager.createRule('$Default', { sqlExpression: '1=1' })
    },
  },
  {
    rule: 'a correlation filter may ask for a date, and keeps it',
    source: 'live test of azure-sdk-for-js: ruleManager.spec.ts, "add rules"',
    body: async ({ client }) => {
      const manager = client.createRuleManager(topic, 'ruled')
      const hired = new Date(Date.UTC(2026, 0, 1))
      await manager.deleteRule('$Default')
      await manager.createRule('dated', { applicationProperties: { hired } })
      for await (const { filter } of manager.listRules())
        assert.deepEqual(Reflect.get(filter, 'applicationProperties'), { hired })
      await client
        .createSender(topic)
        .sendMessages([
          { body: 'then', applicationProperties: { hired } },
          { body: 'later', applicationProperties: { hired: new Date(Date.UTC(2026, 0, 2)) } },
          { body: 'never' },
        ])
      assert.deepEqual(bodies(await receiveRest(client.createReceiver(topic, 'ruled', manual))), ['then'])
      await manager.deleteRule('dated')
      await manager.createRule('$Default', { sqlExpression: '1=1' })
    },
  },
  {
    rule: 'rules are listed by name, and one that exists already is refused by its name',
    source: 'live test of azure-sdk-for-js: ruleManager.spec.ts',
    body: async ({ client }) => {
      const manager = client.createRuleManager(topic, 'ruled')
      await manager.createRule('second', { sqlExpression: '1=0' })
      await manager.createRule('first', { subject: 's' })
      await assert.rejects(
        manager.createRule('first', { subject: 't' }),
        /The messaging entity '.*first' already exists\./,
      )
      const names: string[] = []
      for await (const { name } of manager.listRules()) names.push(name)
      assert.deepEqual(names, ['$Default', 'first', 'second'])
      for (const name of ['first', 'second']) await manager.deleteRule(name)
    },
  },
  {
    rule: 'each subscription has its own locks and its own dead-letter queue',
    source: 'Queues, topics, and subscriptions',
    body: async ({ client }) => {
      await client.createSender(topic).sendMessages({ body: 'x' })
      const receiver = client.createReceiver(topic, 'everything', manual)
      await receiver.deadLetterMessage(await receiveOne(receiver), {
        deadLetterReason: 'R',
        deadLetterErrorDescription: 'D',
      })
      assert.equal(
        (await receiveOne(client.createReceiver(topic, 'everything', deadLetters))).deadLetterReason,
        'R',
      )
      assert.deepEqual(bodies(await receive(client.createReceiver(topic, 'ruled', manual), 1)), ['x'])
    },
  },
  {
    rule: 'a message scheduled on a topic reaches the subscriptions when it is due',
    source: 'Message sequencing and timestamps; scheduled messages',
    body: async ({ client, pass }) => {
      const sender = client.createSender(topic)
      await sender.sendMessages({ body: 'now' })
      const receiver = client.createReceiver(topic, 'everything', manual)
      const now = (await receiveOne(receiver)).enqueuedTimeUtc?.getTime() ?? Date.now()
      await sender.scheduleMessages({ body: 'later' }, new Date(now + 3000))
      assert.deepEqual(
        await receiver.peekMessages(5).then((peeked) => peeked.filter(({ body }) => body === 'later')),
        [],
      )
      await pass(4000)
      assert.deepEqual(bodies(await receive(receiver, 1)), ['later'])
    },
  },
  {
    rule: 'a topic itself cannot be received from, and a subscription cannot be sent to',
    source: 'Queues, topics, and subscriptions',
    body: async ({ client }) => {
      await assert.rejects(client.createReceiver(topic, manual).receiveMessages(1, { maxWaitTimeInMs: 500 }))
      await assert.rejects(client.createSender(`${topic}/Subscriptions/everything`).sendMessages({ body: 1 }))
    },
  },
]
