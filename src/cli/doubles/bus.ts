import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { checkFiles } from '../../compose/files.ts'
import { processLog, stopSignal } from '../../compose/process.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import { parseBrokerConfig } from '../../local/service-bus/config.ts'
import { runBroker } from '../../local/service-bus/run.ts'
import { printJsonLine } from '../support/output.ts'
import { BUS_CONFIG, readBusOptions, tlsOf } from './doubles.ts'

export interface BusOptions {
  readonly host: string
  readonly port: number
  readonly config?: string | undefined
  /** File that stores the messages, so that they survive a crash. */
  readonly file?: string | undefined
  /** JSON file of settings and faults (docs/reference/doubles-service-bus.md). */
  readonly settings?: string | undefined
  /** Folder of the certificate; with it, the bus speaks TLS too. */
  readonly tls?: string | undefined
  /** A port for TLS only. */
  readonly tlsPort?: number | undefined
}

/** Runs the Service Bus double until a signal. One line of JSON on stdout says how to use it. */
export async function runBus({
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
  checkFiles({ writable: { '--file': file } })
  using stop = stopSignal(processLog())
  await runBroker({
    configPath: config ?? fileURLToPath(BUS_CONFIG),
    host,
    port,
    ...options.broker,
    faults: options.faults,
    ...(file === undefined ? {} : { file }),
    signal: stop.signal,
    started: (broker) =>
      printJsonLine({
        ready: true,
        busPort: broker.port,
        ...tlsOf(broker, options.caFile),
        env: { SERVICEBUS_CONNECTION_STRING: broker.connectionString },
      }),
  })
  return EXIT_CODES.done
}

function checkBrokerConfig(file: string): void {
  checkFiles({ readable: { '--config': file } })
  try {
    parseBrokerConfig(readFileSync(file, 'utf8'))
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not JSON' : error instanceof Error ? error.message : ''
    throw new RollcallError(
      'SettingsInvalid',
      `--config: ${file} is not a Config.json of the official emulator: ${why.replaceAll(/\s*\n\s*/g, '; ')}`,
    )
  }
}
