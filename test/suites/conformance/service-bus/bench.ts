import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type PeekMessagesOptions,
  ServiceBusClient,
  type ServiceBusClientOptions,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
  type ServiceBusReceiverOptions,
} from '@azure/service-bus'
import { manual } from '../../../fakes/receiving.ts'

/** A Service Bus under test. */
export interface Bus {
  readonly connectionString: string
  /** How clients reach it, where that is not over TCP. */
  readonly clientOptions?: Pick<ServiceBusClientOptions, 'webSocketOptions'>
  /** True when the entities outlive a case: what an earlier one left there is removed first. */
  readonly shared: boolean
  /** Lets this many milliseconds pass: a double moves its clock, a real service is waited for. */
  pass(ms: number): Promise<void>
  close(): Promise<void>
}

export type OpenBus = () => Promise<Bus>

/** One rule, where it is written (or was seen), and how to find out whether it is kept. */
export interface Case {
  readonly rule: string
  readonly source: string
  readonly body: (bench: Bench) => Promise<void>
}

/** What a case works with: one client, closed when the case ends. */
export interface Bench {
  readonly client: ServiceBusClient
  readonly connectionString: string
  connect(options?: ServiceBusClientOptions): ServiceBusClient
  pass(ms: number): Promise<void>
  /** An unused id. */
  id(): string
  close(): Promise<void>
}

/**
 * Lock renewal by the client is off: it is keyed by message id (azure-sdk-for-js#11682), and cases
 * renew themselves.
 */
export const deadLetters: ServiceBusReceiverOptions = { ...manual, subQueueType: 'deadLetter' }

const plainEntities: readonly (readonly [string, string?])[] = [
  ['cf-queue'],
  ['cf-dropping'],
  ['cf-duplicates'],
  ['cf-target'],
  ['cf-topic', 'everything'],
  ['cf-topic', 'sql'],
  ['cf-topic', 'correlation'],
  ['cf-topic', 'acting'],
  ['cf-topic', 'ruled'],
]

export async function openBench(open: OpenBus): Promise<Bench> {
  const bus = await open()
  const clients: ServiceBusClient[] = []
  const connect = (options: ServiceBusClientOptions = {}) => {
    const client = new ServiceBusClient(bus.connectionString, {
      retryOptions: { maxRetries: 0, timeoutInMs: 10_000 },
      ...bus.clientOptions,
      ...options,
    })
    clients.push(client)
    return client
  }
  const client = connect()
  if (bus.shared) {
    await Promise.all([
      purge(client),
      purgeSessions(connect({ retryOptions: { maxRetries: 0, timeoutInMs: 2000 } })),
    ])
  }
  return {
    client,
    connectionString: bus.connectionString,
    connect,
    pass: (ms) => bus.pass(ms),
    id: () => randomUUID(),
    close: async () => {
      // A client whose connection is gone may never finish closing (azure-sdk-for-js#24542).
      await Promise.race([Promise.all(clients.map((one) => one.close())), delay(1000)])
      await bus.close()
    },
  }
}

/**
 * Empties the queues of what earlier cases left: ready, deferred, and, when their locks have run
 * out, locked messages.
 */
async function purge(client: ServiceBusClient): Promise<void> {
  const queues: ServiceBusReceiverOptions[] = [
    { receiveMode: 'receiveAndDelete' },
    { receiveMode: 'receiveAndDelete', subQueueType: 'deadLetter' },
  ]
  const empty = async (
    name: string,
    subscription: string | undefined,
    options: ServiceBusReceiverOptions,
  ) => {
    let front: PeekMessagesOptions['fromSequenceNumber']
    for (let round = 0; round < 15; round += 1) {
      const receiver =
        subscription === undefined
          ? client.createReceiver(name, options)
          : client.createReceiver(name, subscription, options)
      // A client goes on peeking where it was: from the front again.
      const left = await receiver.peekMessages(100, front === undefined ? {} : { fromSequenceNumber: front })
      front ??= left[0]?.sequenceNumber
      const deferred = left.filter((message) => message.state === 'deferred').map(sequenceOf)
      if (deferred.length > 0) await receiver.receiveDeferredMessages(deferred).catch(() => [])
      while (
        left.length > deferred.length &&
        (await receiver.receiveMessages(100, { maxWaitTimeInMs: 500 })).length > 0
      )
        continue
      await receiver.close()
      if (left.length === 0) return
    }
  }
  await Promise.all(
    plainEntities.flatMap(([name, subscription]) =>
      queues.map(async (options) => await empty(name, subscription, options)),
    ),
  )
}

/**
 * Empties the sessions of earlier runs; over when none becomes free within the client's patience.
 */
async function purgeSessions(client: ServiceBusClient): Promise<void> {
  for (;;) {
    const session = await client
      .acceptNextSession('cf-sessions', { receiveMode: 'receiveAndDelete', ...manual })
      .catch(() => undefined)
    if (session === undefined) return
    while ((await session.receiveMessages(100, { maxWaitTimeInMs: 500 })).length > 0) continue
    await session.close()
  }
}

/** What a receiver gets within a short time. */
export async function receiveRest(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage[]> {
  return await receiver.receiveMessages(50, { maxWaitTimeInMs: 150 })
}

export const bodies = (messages: readonly ServiceBusReceivedMessage[]): unknown[] =>
  messages.map((message) => message.body as unknown)

export function sequenceOf(
  message: ServiceBusReceivedMessage | undefined,
): NonNullable<ServiceBusReceivedMessage['sequenceNumber']> {
  if (message?.sequenceNumber === undefined) throw new Error('the message has no sequence number')
  return message.sequenceNumber
}
