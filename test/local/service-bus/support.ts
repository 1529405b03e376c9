import { ServiceBusClient, type ServiceBusClientOptions, type ServiceBusReceiver } from '@azure/service-bus'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Broker, type BrokerOptions, startBroker } from '../../../src/local/service-bus/broker.ts'
import { type BrokerConfig, parseBrokerConfig } from '../../../src/local/service-bus/config.ts'

/** A configuration of these queues in the emulator's file format. */
export function configOf(
  queues: Readonly<Record<string, object>>,
  topics: readonly object[] = [],
): BrokerConfig {
  const Queues = Object.entries(queues).map(([Name, Properties]) => ({ Name, Properties }))
  return parseBrokerConfig({ UserConfig: { Namespaces: [{ Name: 'sbemulatorns', Queues, Topics: topics }] } })
}

/** A broker that stops when the test ends, and a way to make clients that close before it does. */
export async function brokerFor(
  context: TestContext,
  config: BrokerConfig,
  options: Partial<BrokerOptions> = {},
): Promise<{
  readonly broker: Broker
  readonly connect: (options?: ServiceBusClientOptions) => ServiceBusClient
}> {
  const broker = await startBroker({ config, ...options })
  const clients: ServiceBusClient[] = []
  context.after(async () => {
    // A client whose broker is gone may never finish closing (azure-sdk-for-js#24542).
    const closed = Promise.all(clients.map((client) => client.close()))
    await Promise.race([closed, delay(500)])
    await broker.stop()
  })
  const connect = (clientOptions: ServiceBusClientOptions = {}) => {
    const client = new ServiceBusClient(broker.connectionString, {
      retryOptions: { maxRetries: 0, timeoutInMs: 5000 },
      ...clientOptions,
    })
    clients.push(client)
    return client
  }
  return { broker, connect }
}

/** Whether the entity has no message to receive. */
export async function isEmpty(receiver: ServiceBusReceiver): Promise<boolean> {
  const messages = await receiver.receiveMessages(1, { maxWaitTimeInMs: 50 })
  return messages.length === 0
}

/** A clock that moves when told to. */
export function manualClock(): { now: () => number; advance: (ms: number) => void } {
  let skew = 0
  return {
    now: () => Date.now() + skew,
    advance: (ms) => {
      skew += ms
    },
  }
}
