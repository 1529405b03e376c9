import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { checkReadable, checkWritable } from '../../adapters/files.ts'
import { busAddress } from '../../compose/connector.ts'
import { closeWithin, connect } from '../../adapters/service-bus/client.ts'
import { readConfig } from '../../compose/config.ts'
import { BUS_CONFIG, type DoublesOptions, readBusOptions, startDoubles } from '../doubles/doubles.ts'
import { RollcallError } from '../../core/errors.ts'
import { parseBrokerConfig } from '../../local/service-bus/config.ts'
import { feed } from '../../compose/feed.ts'
import type { Broker } from '../../local/service-bus/broker.ts'
import { runBroker } from '../../local/service-bus/run.ts'
import { jsonLogger } from '../../adapters/logger.ts'
import { printJson, printJsonLine, progress } from '../support/output.ts'
import { stopSignal, whenAborted } from '../support/process.ts'

/** The doubles alone. One line of JSON on stdout says that they are ready and how to use them. */
export async function local(options: DoublesOptions): Promise<number> {
  if (options.entraSettings !== undefined) checkReadable('--entra-settings', options.entraSettings)
  if (options.busFile !== undefined) checkWritable('--bus-file', options.busFile)
  const stop = stopSignal(jsonLogger('info'))
  const doubles = await startDoubles(options)
  try {
    const { bus, busCaFile, entra, environment: env } = doubles
    printJsonLine({ ready: true, busPort: bus.port, entraPort: entra.port, ...tlsOf(bus, busCaFile), env })
    await whenAborted(stop)
  } finally {
    await doubles.stop()
  }
  return 0
}

/** How a client reaches the bus over TLS, and what it has to trust. */
function tlsOf({ tls }: Pick<Broker, 'tls'>, caFile: string | undefined) {
  return tls === undefined ? {} : { tls: { ...tls, NODE_EXTRA_CA_CERTS: caFile } }
}

/** Sends a file of events to the configured queue. */
export async function feedFile(file: string, environment: NodeJS.ProcessEnv): Promise<number> {
  const config = readConfig(environment)
  checkReadable('the file of events', file)
  const client = connect(busAddress(config))
  const line = progress()
  try {
    const sent = await feed(client, config.SERVICEBUS_QUEUE, file, (messages) =>
      line.show(`sent ${messages}`),
    )
    line.end()
    printJson({ sent, queue: config.SERVICEBUS_QUEUE })
  } finally {
    await closeWithin(5_000, client.close())
  }
  return 0
}

export interface BusOptions {
  readonly host: string
  readonly port: number
  readonly config?: string
  /** Where it writes down what it holds, so that killing it loses nothing. */
  readonly file?: string
  /** JSON file of settings and faults (docs/reference/doubles-service-bus.md). */
  readonly settings?: string
  /** Folder of the certificate; with it, TLS is spoken, too. */
  readonly tls?: string
  /** A port for TLS alone. */
  readonly tlsPort?: number
}

/** The Service Bus double alone, for any client. */
export async function localBus({
  host,
  port,
  config,
  file,
  settings,
  tls,
  tlsPort,
}: BusOptions): Promise<number> {
  const options = await readBusOptions(settings, tls, tlsPort)
  if (config !== undefined) checkBrokerConfig(config)
  if (file !== undefined) checkWritable('--file', file)
  await runBroker({
    configPath: config ?? fileURLToPath(BUS_CONFIG),
    host,
    port,
    ...options.broker,
    faults: options.faults,
    ...(file === undefined ? {} : { file }),
    signal: stopSignal(jsonLogger('info')),
    started: (broker) =>
      printJsonLine({
        ready: true,
        busPort: broker.port,
        ...tlsOf(broker, options.caFile),
        env: { SERVICEBUS_CONNECTION_STRING: broker.connectionString },
      }),
  })
  return 0
}

function checkBrokerConfig(file: string): void {
  checkReadable('--config', file)
  try {
    parseBrokerConfig(readFileSync(file, 'utf8'))
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not JSON' : error instanceof Error ? error.message : ''
    throw new RollcallError(
      'SettingsInvalid',
      `--config: ${file} is not a Config.json of the emulator: ${why.replaceAll(/\s*\n\s*/g, '; ')}`,
    )
  }
}
