import type { ServiceBusClient } from '@azure/service-bus'
import { closeWithin } from './client.ts'

/** A connection to the namespace that can be replaced. */
export interface Connection {
  /** The client to use now; ask again after each failure. */
  readonly client: ServiceBusClient
  /**
   * Replaces a client whose connection no longer answers. Does nothing if it was replaced before.
   */
  replace(broken: ServiceBusClient): void
  /** Bounded in time. */
  close(): Promise<void>
}

const CLOSE_MS = 5_000

export function connectionOf(connect: () => ServiceBusClient): Connection {
  let client = connect()
  return {
    get client() {
      return client
    },
    replace: (broken) => {
      if (broken !== client) return
      client = connect()
      void closeWithin(CLOSE_MS, broken.close())
    },
    close: () => closeWithin(CLOSE_MS, client.close()),
  }
}
