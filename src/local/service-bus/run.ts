import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type Broker, startBroker } from './broker.ts'
import type { Certificate } from './tls/certificate.ts'
import { parseBrokerConfig } from './config.ts'
import type { Fault } from './faults.ts'
import type { BrokerSettings } from './settings.ts'

export interface RunBrokerOptions {
  /** Path of a `Config.json`. */
  readonly configPath: string
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Default 5672, where clients look when the connection string names no port. */
  readonly port?: number
  /** See `BrokerOptions.file`. */
  readonly file?: string
  readonly settings?: Partial<BrokerSettings>
  /** Faults in force from the start. */
  readonly faults?: readonly Fault[]
  readonly certificate?: Pick<Certificate, 'key' | 'cert'>
  /** See `BrokerOptions.tlsPort`. */
  readonly tlsPort?: number
  /** Ends the broker. */
  readonly signal: AbortSignal
  /** Hears that the broker is up. */
  readonly started: (broker: Broker) => void
}

/**
 * Runs a broker alone, until `signal` is aborted. Rejects when the configuration is not valid, the
 * port cannot be had or the file cannot be opened; resolves when everything has stopped.
 */
export async function runBroker(options: RunBrokerOptions): Promise<void> {
  const { configPath, faults = [], signal, started, ...rest } = options
  const config = parseBrokerConfig(await readFile(configPath, 'utf8'))
  if (signal.aborted) return
  const broker = await startBroker({ port: 5672, ...rest, config })
  try {
    for (const fault of faults) await broker.inject(fault)
    started(broker)
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    await broker.stop()
  }
}
