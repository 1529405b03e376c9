import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'
import type { TestContext } from 'node:test'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import type { Connection } from '../../../src/adapters/service-bus/connection.ts'
import type { SourceQueueSettings } from '../../../src/adapters/service-bus/receive/link.ts'
import { busSourceQueue } from '../../../src/adapters/service-bus/receive/receiver.ts'
import type { BusMessage } from '../../../src/adapters/service-bus/message.ts'
import type { Disposition, Receiver } from '../../../src/core/ports.ts'
import type { Runtime } from '../../../src/core/runtime.ts'
import { type Broker, type BrokerOptions, startBroker } from '../../../src/local/service-bus/broker.ts'
import { configOf } from '../../local/service-bus/support.ts'
import { closeAfter } from './close-after.ts'
import { briskRuntime } from './runtime.ts'

export const QUEUE = 'q'

/** A connection that is never given up and stays the test's to close. */
export const standing = (client: ServiceBusClient): Connection => ({
  client,
  replace: () => {},
  close: async () => {},
})

/** A broker with one queue, and the connector's own client to it. */
export async function busFor(
  t: TestContext,
  queue: object = {},
  options: Partial<BrokerOptions> = {},
): Promise<{ readonly broker: Broker; readonly client: ServiceBusClient }> {
  const broker = await startBroker({ config: configOf({ [QUEUE]: queue }), ...options })
  const client = connect({ kind: 'connection-string', connectionString: broker.connectionString })
  closeAfter(t, async () => {
    await closeWithin(500, client.close())
    await broker.stop()
  })
  return { broker, client }
}

export async function send(
  client: ServiceBusClient,
  bodies: readonly object[],
  messageId?: string,
): Promise<void> {
  const sender = client.createSender(QUEUE)
  for (let at = 0; at < bodies.length; at += 1_000) {
    const messages = bodies.slice(at, at + 1_000).map((body) => ({
      body: Buffer.from(JSON.stringify(body)),
      ...(messageId === undefined ? {} : { messageId }),
    }))
    await sender.sendMessages(messages)
  }
  await sender.close()
}
export const numbered = (count: number): { readonly n: number }[] =>
  Array.from({ length: count }, (_, n) => ({ n }))
export const numberOf = (message: BusMessage): number => Number(JSON.parse(message.text ?? '').n)

/** Every message that ever arrived, and those not settled yet. */
export interface Opened {
  readonly receiver: Receiver<BusMessage>
  readonly arrived: BusMessage[]
  readonly held: Set<BusMessage>
  mostHeld: number
  settle(dispositions: readonly Disposition<BusMessage>[]): Promise<void>
}

export async function openInbox(
  t: TestContext,
  client: ServiceBusClient,
  settings: Partial<SourceQueueSettings> = {},
  runtime: Runtime = briskRuntime(50),
  onMessage: (message: BusMessage, opened: Opened) => void = () => {},
): Promise<Opened> {
  const inbox = busSourceQueue(
    standing(client),
    { queue: QUEUE, inFlight: 256, watchdogMs: 60_000, ...settings },
    runtime,
  )
  const arrived: BusMessage[] = []
  const held = new Set<BusMessage>()
  const receiver = await inbox.open((message) => {
    arrived.push(message)
    held.add(message)
    opened.mostHeld = Math.max(opened.mostHeld, held.size)
    onMessage(message, opened)
  })
  const opened: Opened = {
    receiver,
    arrived,
    held,
    mostHeld: 0,
    settle: async (dispositions) => {
      await receiver.settle(dispositions)
      for (const { message } of dispositions) held.delete(message)
    },
  }
  closeAfter(t, () => receiver.close())
  return opened
}

export const complete = (message: BusMessage): Disposition<BusMessage> => ({ kind: 'complete', message })

/** What the dead-letter queue holds: number → reason. */
export async function deadLetters(client: ServiceBusClient): Promise<ReadonlyMap<number, string>> {
  const receiver = client.createReceiver(QUEUE, {
    subQueueType: 'deadLetter',
    maxAutoLockRenewalDurationInMs: 0,
  })
  const found = new Map<number, string>()
  for (const message of await receiver.peekMessages(1_000))
    found.set(bodyNumber(message), message.deadLetterReason ?? '')
  await receiver.close()
  return found
}
export function bodyNumber({ body }: Pick<ServiceBusReceivedMessage, 'body'>): number {
  return Number((Buffer.isBuffer(body) ? JSON.parse(body.toString()) : body).n)
}

/**
 * The real client, with receivers that misbehave as told. `opened` counts them, those that only
 * peek included.
 */
export function misbehaving(
  client: ServiceBusClient,
  change: (receiver: ServiceBusReceiver, number: number) => Partial<ServiceBusReceiver>,
): ServiceBusClient {
  let number = 0
  return new Proxy(client, {
    get: (target, name) => {
      if (name !== 'createReceiver') return Reflect.get(target, name, target) as unknown
      return (...given: Parameters<ServiceBusClient['createReceiver']>): ServiceBusReceiver => {
        const receiver = target.createReceiver(...given)
        const changed = change(receiver, ++number)
        return new Proxy(receiver, {
          get: (inner, property) => {
            const value: unknown = Reflect.get(
              Object.hasOwn(changed, property) ? changed : inner,
              property,
              inner,
            )
            return typeof value === 'function' ? value.bind(inner) : value
          },
        })
      }
    },
  })
}
