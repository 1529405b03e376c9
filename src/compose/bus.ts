import type { ServiceBusClient } from '@azure/service-bus'
import { closeWithin, connect } from '../adapters/service-bus/client.ts'
import type { Config } from '../config/load.ts'
import { busAddress } from './addresses.ts'
import { feed, type FeedTarget } from './feed.ts'

const CLOSE_MS = 5_000

/** Runs `work` with a connection to the bus, and closes it. */
export async function withBus<T>(config: Config, work: (client: ServiceBusClient) => Promise<T>): Promise<T> {
  const client = connect(busAddress(config))
  try {
    return await work(client)
  } finally {
    await closeWithin(CLOSE_MS, client.close())
  }
}

/**
 * Sends a file of events to a queue or topic; by default the configured one. Returns the number of
 * messages.
 */
export function feedFile(
  config: Config,
  file: string | URL,
  onSent: (messages: number) => void = () => {},
  target: FeedTarget = { queue: config.SERVICEBUS_QUEUE },
): Promise<number> {
  return withBus(config, (client) => feed(client, target, file, onSent))
}
