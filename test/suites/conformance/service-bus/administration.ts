import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { it, type TestContext } from 'node:test'
import {
  ServiceBusAdministrationClient,
  type ServiceBusAdministrationClientOptions,
  ServiceBusClient,
  type ServiceBusClientOptions,
} from '@azure/service-bus'
import { bodies, deadLetters } from './bench.ts'
import { manual, receive, receiveOne } from '../../../fakes/receiving.ts'

/** A namespace whose entities may be created and deleted. */
export interface ManagedBus {
  readonly connectionString: string
  readonly clientOptions: ServiceBusClientOptions
  readonly administrationOptions: ServiceBusAdministrationClientOptions
  close(): Promise<void>
}

interface Stand {
  readonly admin: ServiceBusAdministrationClient
  readonly client: ServiceBusClient
  /** A name that is not in use; what is created under it is deleted when the case ends. */
  readonly queue: () => string
  readonly topic: () => string
}

const forEver = 'P10675199DT2H48M5.4775807S'
const docs = 'Service Bus REST API'
const client = 'client source'

interface Case {
  readonly rule: string
  readonly source: string
  readonly body: (stand: Stand) => Promise<void>
}

/** The error of a request that has to fail. */
async function failure(request: Promise<unknown>): Promise<{ code: unknown; statusCode: unknown }> {
  const error: unknown = await request.then(
    () => assert.fail('the request succeeded'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Error)
  return {
    code: 'code' in error ? error.code : undefined,
    statusCode: 'statusCode' in error ? error.statusCode : undefined,
  }
}

export const administrationCases: readonly Case[] = [
  {
    rule: 'a queue created without options has the defaults of the service',
    source: docs,
    body: async ({ admin, queue }) => {
      const name = queue()
      const created = await admin.createQueue(name)
      assert.equal(created._response.status, 201)
      const { name: said, lockDuration, maxDeliveryCount, status, requiresSession } = created
      assert.deepEqual(
        { said, lockDuration, maxDeliveryCount, status, requiresSession },
        { said: name, lockDuration: 'PT1M', maxDeliveryCount: 10, status: 'Active', requiresSession: false },
      )
      assert.equal(created.defaultMessageTimeToLive, forEver)
      assert.equal(created.autoDeleteOnIdle, forEver)
      assert.equal(created.duplicateDetectionHistoryTimeWindow, 'PT10M')
      assert.equal(created.maxSizeInMegabytes, 1024)
      assert.equal(created.enableBatchedOperations, true)
    },
  },
  {
    rule: 'a queue created with options keeps and returns every one of them',
    source: docs,
    body: async ({ admin, queue }) => {
      const target = queue()
      await admin.createQueue(target)
      const name = queue()
      const options = {
        lockDuration: 'PT45S',
        maxDeliveryCount: 7,
        defaultMessageTimeToLive: 'P2D',
        deadLetteringOnMessageExpiration: true,
        requiresDuplicateDetection: true,
        duplicateDetectionHistoryTimeWindow: 'PT1M',
        autoDeleteOnIdle: 'PT1H',
        enableBatchedOperations: false,
        maxSizeInMegabytes: 2048,
        userMetadata: 'made by <a test> & kept',
        status: 'ReceiveDisabled',
      } as const
      await admin.createQueue(name, {
        ...options,
        forwardDeadLetteredMessagesTo: target,
        authorizationRules: [
          {
            claimType: 'SharedAccessKey',
            accessRights: ['Manage', 'Send', 'Listen'],
            keyName: 'all',
            primaryKey: 'cHJpbWFyeQ==',
            secondaryKey: 'c2Vjb25kYXJ5',
          },
        ],
      })
      const read = await admin.getQueue(name)
      for (const [key, value] of Object.entries(options)) assert.deepEqual(Reflect.get(read, key), value, key)
      assert.ok(read.forwardDeadLetteredMessagesTo?.endsWith(`/${target}`))
      assert.deepEqual(read.authorizationRules?.[0]?.accessRights, ['Manage', 'Send', 'Listen'])
      assert.equal(read.authorizationRules?.[0]?.keyName, 'all')
    },
  },
  {
    rule: 'a created queue serves senders and receivers with the properties requested',
    source: docs,
    body: async ({ admin, client, queue }) => {
      const name = queue()
      await admin.createQueue(name, { maxDeliveryCount: 1, requiresSession: true })
      await client.createSender(name).sendMessages({ body: 'here', sessionId: 'a' })
      const session = await client.acceptSession(name, 'a', manual)
      await session.abandonMessage(await receiveOne(session))
      const dead = await receiveOne(client.createReceiver(name, deadLetters))
      assert.equal(dead.deadLetterReason, 'MaxDeliveryCountExceeded')
    },
  },
  {
    rule: 'an entity that exists cannot be created once more, whatever its kind or the case of its name',
    source: `${client}: getErrorCode`,
    body: async ({ admin, queue }) => {
      const name = queue()
      await admin.createQueue(name)
      const exists = { code: 'MessageEntityAlreadyExistsError', statusCode: 409 }
      assert.deepEqual(await failure(admin.createQueue(name)), exists)
      assert.deepEqual(await failure(admin.createQueue(name.toUpperCase())), exists)
      assert.deepEqual(await failure(admin.createTopic(name)), exists)
    },
  },
  {
    rule: 'an entity that does not exist cannot be read, changed or deleted',
    source: `${client}: getResource, getErrorCode`,
    body: async ({ admin, queue, topic }) => {
      const name = queue()
      const code = async (request: Promise<unknown>) => (await failure(request)).code
      const missing = 'MessageEntityNotFoundError'
      assert.equal(await code(admin.getQueue(name)), missing)
      assert.equal(await code(admin.getQueueRuntimeProperties(name)), missing)
      assert.equal(await code(admin.getTopic(name)), missing)
      assert.equal(await code(admin.deleteQueue(name)), missing)
      assert.equal(await code(admin.getSubscription(name, 'x')), missing)
      assert.equal(await code(admin.createSubscription(name, 'x')), missing)
      const there = topic()
      await admin.createTopic(there)
      assert.equal(await code(admin.getSubscription(there, 'x')), missing)
      assert.equal(await code(admin.getRule(there, 'x', 'y')), missing)
      const other = queue()
      const known = await admin.createQueue(other)
      assert.equal(await code(admin.updateQueue({ ...known, name })), missing)
      assert.equal(await admin.queueExists(name), false)
      assert.equal(await admin.queueExists(other), true)
      assert.equal(await admin.topicExists(there), true)
      assert.equal(await admin.subscriptionExists(there, 'x'), false)
    },
  },
  {
    rule: 'an update changes a queue in use: locks, deliveries and forwarding follow it',
    source: docs,
    body: async ({ admin, client, queue }) => {
      const [name, target] = [queue(), queue()]
      await admin.createQueue(target)
      const created = await admin.createQueue(name)
      await client.createSender(name).sendMessages({ body: 'waits' })
      const updated = await admin.updateQueue({ ...created, lockDuration: 'PT10S', maxDeliveryCount: 1 })
      assert.equal(updated.lockDuration, 'PT10S')
      const receiver = client.createReceiver(name, manual)
      const message = await receiveOne(receiver)
      const lockMs = (message.lockedUntilUtc?.getTime() ?? 0) - Date.now()
      assert.ok(lockMs > 0 && lockMs <= 10_500, `locked for ${lockMs} ms`)
      await receiver.abandonMessage(message)
      await receiveOne(client.createReceiver(name, deadLetters))
      await admin.updateQueue({ ...updated, forwardTo: target })
      await client.createSender(name).sendMessages({ body: 'goes on' })
      assert.deepEqual(bodies(await receive(client.createReceiver(target, manual), 1)), ['goes on'])
    },
  },
  {
    rule: 'sessions, duplicate detection and partitions cannot be changed by an update',
    source: docs,
    body: async ({ admin, queue }) => {
      const created = await admin.createQueue(queue())
      const refused = { code: 'ServiceError', statusCode: 400 }
      assert.deepEqual(await failure(admin.updateQueue({ ...created, requiresSession: true })), refused)
      const duplicates = { ...created, requiresDuplicateDetection: true }
      assert.deepEqual(await failure(admin.updateQueue(duplicates)), refused)
    },
  },
  {
    rule: 'values out of range are refused by name',
    source: docs,
    body: async ({ admin, queue }) => {
      const refused = { code: 'ServiceError', statusCode: 400 }
      assert.deepEqual(await failure(admin.createQueue(queue(), { lockDuration: 'PT6M' })), refused)
      await assert.rejects(admin.createQueue(queue(), { maxDeliveryCount: 0 }), /MaxDeliveryCount/)
      await assert.rejects(admin.createQueue(queue(), { defaultMessageTimeToLive: '1 day' }), /TimeToLive/)
      assert.deepEqual(await failure(admin.createQueue(queue(), { forwardTo: 'no-such-place' })), refused)
      assert.deepEqual(await failure(admin.createQueue('not,a,name')), refused)
    },
  },
  {
    rule: 'a deleted queue loses its messages, and its receivers get MessagingEntityNotFound',
    source: docs,
    body: async ({ admin, client, queue }) => {
      const name = queue()
      await admin.createQueue(name)
      await client.createSender(name).sendMessages({ body: 'lost' })
      const receiver = client.createReceiver(name, manual)
      const { promise, resolve } = Promise.withResolvers<Error>()
      await receiveOne(receiver)
      const subscription = receiver.subscribe({
        processMessage: async () => {},
        processError: async ({ error }) => resolve(error),
      })
      // The link is opened over a real socket, and nothing shows when it is.
      await delay(200)
      await admin.deleteQueue(name)
      const error = await promise
      await subscription.close()
      assert.equal('code' in error ? error.code : '', 'MessagingEntityNotFound')
      await admin.createQueue(name)
      const { totalMessageCount } = await admin.getQueueRuntimeProperties(name)
      assert.equal(totalMessageCount, 0)
    },
  },
  {
    rule: 'runtime properties count what a queue holds: active, scheduled, dead, and their bytes',
    source: docs,
    body: async ({ admin, client, queue }) => {
      const name = queue()
      await admin.createQueue(name)
      const sender = client.createSender(name)
      await sender.sendMessages([{ body: 'a' }, { body: 'b' }, { body: 'c' }])
      await sender.scheduleMessages({ body: 'later' }, new Date(Date.now() + 3_600_000))
      const receiver = client.createReceiver(name, manual)
      await receiver.deadLetterMessage(await receiveOne(receiver))
      const counted = await admin.getQueueRuntimeProperties(name)
      const { activeMessageCount, scheduledMessageCount, deadLetterMessageCount, totalMessageCount } = counted
      assert.deepEqual(
        { activeMessageCount, scheduledMessageCount, deadLetterMessageCount, totalMessageCount },
        { activeMessageCount: 2, scheduledMessageCount: 1, deadLetterMessageCount: 1, totalMessageCount: 4 },
      )
      assert.ok((counted.sizeInBytes ?? 0) > 0)
      assert.ok(Math.abs(counted.createdAt.getTime() - Date.now()) < 300_000)
    },
  },
  {
    rule: 'queues are listed in pages of the size asked for, each once',
    source: `${client}: listQueues`,
    body: async ({ admin, queue }) => {
      const names = [queue(), queue(), queue(), queue(), queue()]
      for (const name of names) await admin.createQueue(name)
      const listed: string[] = []
      for await (const page of admin.listQueues().byPage({ maxPageSize: 2 })) {
        assert.ok(page.length <= 2)
        listed.push(...page.map(({ name }) => name))
      }
      assert.equal(new Set(listed).size, listed.length)
      assert.deepEqual(
        names.filter((name) => !listed.includes(name)),
        [],
      )
      const counted: string[] = []
      for await (const { name } of admin.listQueuesRuntimeProperties()) counted.push(name)
      assert.deepEqual(counted.sort(), listed.sort())
    },
  },
  {
    rule: 'a topic with subscriptions and rules is created, listed, and follows its rules',
    source: docs,
    body: async ({ admin, client, topic }) => {
      const name = topic()
      const created = await admin.createTopic(name, { requiresDuplicateDetection: true })
      assert.equal(created.requiresDuplicateDetection, true)
      assert.equal(created.supportOrdering, true)
      await admin.createSubscription(name, 'all')
      await admin.createSubscription(name, 'red', {
        defaultRuleOptions: { name: 'colour', filter: { sqlExpression: "colour = 'red'" } },
      })
      const sender = client.createSender(name)
      await sender.sendMessages([
        { body: 'red', applicationProperties: { colour: 'red' } },
        { body: 'blue', applicationProperties: { colour: 'blue' } },
      ])
      assert.equal((await receive(client.createReceiver(name, 'all', manual), 2)).length, 2)
      assert.deepEqual(bodies(await receive(client.createReceiver(name, 'red', manual), 1)), ['red'])
      const subscriptions: string[] = []
      for await (const { subscriptionName, topicName } of admin.listSubscriptions(name)) {
        assert.equal(topicName, name)
        subscriptions.push(subscriptionName)
      }
      assert.deepEqual(subscriptions.sort(), ['all', 'red'])
      assert.equal((await admin.getTopicRuntimeProperties(name)).subscriptionCount, 2)
      const counted = await admin.getSubscriptionRuntimeProperties(name, 'red')
      assert.equal(counted.activeMessageCount, 1)
      await admin.deleteSubscription(name, 'red')
      assert.equal((await admin.getTopicRuntimeProperties(name)).subscriptionCount, 1)
      await admin.deleteTopic(name)
      assert.equal(await admin.topicExists(name), false)
    },
  },
  {
    rule: 'rules are created, read, replaced and deleted, with the types of their values',
    source: `${client}: RuleResourceSerializer`,
    body: async ({ admin, client, topic }) => {
      const name = topic()
      await admin.createTopic(name)
      await admin.createSubscription(name, 's')
      const filter = {
        subject: 'important',
        applicationProperties: {
          colour: 'red',
          size: 3,
          urgent: true,
          hired: new Date(Date.UTC(2026, 0, 1)),
        },
      }
      await admin.createRule(name, 's', 'correlated', filter)
      await admin.deleteRule(name, 's', '$Default')
      const read = await admin.getRule(name, 's', 'correlated')
      assert.ok('applicationProperties' in read.filter)
      assert.deepEqual(read.filter.applicationProperties, filter.applicationProperties)
      assert.equal(read.filter.subject, 'important')
      await client.createSender(name).sendMessages([
        { body: 'fits', ...filter },
        { body: 'does not', subject: 'important' },
      ])
      const receiver = client.createReceiver(name, 's', manual)
      assert.deepEqual(bodies(await receive(receiver, 1)), ['fits'])
      await admin.updateRule(name, 's', {
        ...read,
        filter: { sqlExpression: 'size > 2' },
        action: { sqlExpression: "SET tag = 'large'" },
      })
      const changed = await admin.getRule(name, 's', 'correlated')
      assert.ok('sqlExpression' in changed.filter)
      assert.equal(changed.action?.sqlExpression, "SET tag = 'large'")
      await client.createSender(name).sendMessages({ body: 'big', applicationProperties: { size: 9 } })
      assert.equal((await receiveOne(receiver)).applicationProperties?.['tag'], 'large')
      await assert.rejects(admin.createRule(name, 's', 'broken', { sqlExpression: 'size >' }), {
        code: 'ServiceError',
      })
      assert.equal(await admin.ruleExists(name, 's', 'correlated'), true)
      const rules: string[] = []
      for await (const rule of admin.listRules(name, 's')) rules.push(rule.name)
      assert.deepEqual(rules, ['correlated'])
    },
  },
  {
    rule: 'a disabled queue refuses senders until it is active again',
    source: docs,
    body: async ({ admin, client, queue }) => {
      const created = await admin.createQueue(queue())
      const sender = client.createSender(created.name)
      await sender.sendMessages({ body: 1 })
      await admin.updateQueue({ ...created, status: 'SendDisabled' })
      // What crosses the detach of a link on the wire is never answered.
      await delay(200)
      await assert.rejects(sender.sendMessages({ body: 2 }), { code: 'MessagingEntityDisabled' })
      await admin.updateQueue({ ...created, status: 'Active' })
      await sender.sendMessages({ body: 3 })
      assert.equal((await admin.getQueueRuntimeProperties(created.name)).activeMessageCount, 2)
    },
  },
  {
    rule: 'the namespace has a name and a SKU',
    source: docs,
    body: async ({ admin }) => {
      const { name, messagingSku } = await admin.getNamespaceProperties()
      assert.ok(name.length > 0)
      assert.match(messagingSku, /^(Basic|Standard|Premium)$/)
    },
  },
]

/**
 * Holds a namespace to what the HTTP management API documents, through the official client only.
 */
export function exerciseAdministration(open: () => Promise<ManagedBus>): void {
  for (const { rule, source, body } of administrationCases) {
    void it(`${rule} [${source}]`, async (t) => body(await stand(t, open)))
  }
}

async function stand(t: TestContext, open: () => Promise<ManagedBus>): Promise<Stand> {
  const bus = await open()
  const admin = new ServiceBusAdministrationClient(bus.connectionString, bus.administrationOptions)
  const client = new ServiceBusClient(bus.connectionString, {
    retryOptions: { maxRetries: 0, timeoutInMs: 10_000 },
    ...bus.clientOptions,
  })
  const used: (() => Promise<unknown>)[] = []
  t.after(async () => {
    await Promise.allSettled(used.map((remove) => remove()))
    // A client whose connection is gone may never finish closing (azure-sdk-for-js#24542).
    await Promise.race([client.close(), delay(1000)])
    await bus.close()
  })
  const named = (kind: string, remove: (name: string) => Promise<unknown>) => () => {
    const name = `cf-${kind}-${randomUUID()}`
    used.push(() => remove(name))
    return name
  }
  return {
    admin,
    client,
    queue: named('q', (name) => admin.deleteQueue(name)),
    topic: named('t', (name) => admin.deleteTopic(name)),
  }
}
