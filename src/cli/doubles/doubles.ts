import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { FAST_ENVIRONMENT } from '../../config/environment.ts'
import type { SourceAddress } from '../../config/rules/sources.ts'
import { RollcallError } from '../../core/errors.ts'
import { type EntraDouble, startEntra } from '../../local/entra/server.ts'
import { type EntraSettings, FAST_SETTINGS, settingsSchema } from '../../local/entra/settings.ts'
import type { Broker } from '../../local/service-bus/broker.ts'
import { certificateIn } from '../../local/service-bus/tls/certificate-files.ts'
import { parseBrokerConfig } from '../../local/service-bus/config.ts'
import { readSettingsFile } from '../../local/service-bus/settings-file.ts'
import { startBrokerThread } from '../../local/service-bus/thread/thread.ts'
import { endpointVariable } from './destinations.ts'
import { withEntities } from './named-entities.ts'

/** Service Bus and Entra on this machine, and what a connector needs to use them. */
export interface Doubles {
  readonly bus: Broker
  /** The certificate that clients of the bus must trust for TLS; undefined without TLS. */
  readonly busCaFile: string | undefined
  readonly entra: EntraDouble
  /** The Entra double of each destination, in the order of the option; without it, only `entra`. */
  readonly entraOf: ReadonlyMap<string, EntraDouble>
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}
export interface DoublesOptions {
  /** Address to listen on. Default 127.0.0.1; anything else is for containers. */
  readonly host?: string | undefined
  readonly busPort?: number | undefined
  readonly entraPort?: number | undefined
  /**
   * Names of destinations: an Entra double for each, with a log, a job state and a directory of its
   * own, as provisioning jobs to several Active Directory domains have them.
   */
  readonly destinations?: readonly string[] | undefined
  /** Short cycles and lag, no call limits. */
  readonly fast: boolean
  /** Queues and subscriptions that the bus has besides those of the connector. */
  readonly entities?: readonly SourceAddress[] | undefined
  /**
   * JSON file of settings of the Entra double (docs/reference/doubles-entra.md): limits, mapping,
   * faults, initial directory.
   */
  readonly entraSettings?: string | undefined
  /** File that stores the messages of the bus, so that they survive a crash. */
  readonly busFile?: string | undefined
  /** JSON file of settings and faults of the bus (docs/reference/doubles-service-bus.md). */
  readonly busSettings?: string | undefined
  /** Folder of the bus's certificate; with it, the bus speaks TLS, too. */
  readonly busTls?: string | undefined
  /** A port of the bus for TLS only. */
  readonly busTlsPort?: number | undefined
}

/** The same file configures the official emulator in docker-compose. */
export const BUS_CONFIG = new URL('../../../deploy/service-bus/Config.json', import.meta.url)

/** The queues of `BUS_CONFIG`, as settings of a connector. */
export const DOUBLE_QUEUES = {
  SERVICEBUS_QUEUE: 'hr-events',
  OUTCOMES_QUEUE: 'hr-outcomes',
  DEAD_LETTER_QUEUE: 'hr-dead-letters',
  CONTROL_QUEUE: 'rollcall-control',
}

export async function startDoubles({
  host = '127.0.0.1',
  busPort = 0,
  entraPort = 0,
  destinations = [],
  fast,
  entities = [],
  entraSettings,
  busFile,
  busSettings,
  busTls,
  busTlsPort,
}: DoublesOptions): Promise<Doubles> {
  await using stack = new AsyncDisposableStack()
  const config = withEntities(parseBrokerConfig(await readFile(BUS_CONFIG, 'utf8')), entities)
  const settings: Partial<EntraSettings> = {
    ...(fast ? FAST_SETTINGS : {}),
    ...(destinations.length > 0 ? { kind: 'ad' } : {}),
    ...(entraSettings === undefined ? {} : await readSettings(entraSettings)),
  }
  const busOptions = await readBusOptions(busSettings, busTls, busTlsPort)
  const bus = stack.adopt(
    await startBrokerThread({
      ...busOptions.broker,
      config,
      host,
      port: busPort,
      ...(busFile === undefined ? {} : { file: busFile }),
    }),
    (it) => it.stop(),
  )
  for (const fault of busOptions.faults) await bus.inject(fault)
  const startOne = async (port: number): Promise<EntraDouble> =>
    stack.adopt(await startEntra({ host, port, settings }), (it) => it.stop())
  const entra = await startOne(entraPort)
  const entraOf = new Map<string, EntraDouble>()
  for (const [index, name] of destinations.entries())
    entraOf.set(name, index === 0 ? entra : await startOne(entraPort === 0 ? 0 : entraPort + index))
  const held = stack.move()
  return {
    bus,
    busCaFile: busOptions.caFile,
    entra,
    entraOf,
    environment: {
      SERVICEBUS_CONNECTION_STRING: bus.connectionString,
      ...DOUBLE_QUEUES,
      ...(entraOf.size === 0
        ? { PROVISIONING_ENDPOINT: entra.endpoint }
        : Object.fromEntries([...entraOf].map(([name, { endpoint }]) => [endpointVariable(name), endpoint]))),
      PROVISIONING_ALLOW_HTTP: 'true',
      AUTH_MODE: 'local',
      ...(fast ? FAST_ENVIRONMENT : {}),
    },
    stop: () => held.disposeAsync(),
  }
}

/** The settings of the bus that its options give. */
export async function readBusOptions(
  settingsFile: string | undefined,
  tlsFolder: string | undefined,
  tlsPort: number | undefined,
) {
  if (tlsPort !== undefined && tlsFolder === undefined)
    throw new RollcallError('ArgumentInvalid', 'a port for TLS needs a folder for its certificate')
  const file = settingsFile === undefined ? undefined : await readBusSettings(settingsFile)
  const kept = tlsFolder === undefined ? undefined : await certificateIn(tlsFolder)
  return {
    broker: {
      ...(file !== undefined && { settings: file.settings }),
      ...(kept !== undefined && { certificate: { key: kept.key, cert: kept.cert } }),
      ...(tlsPort !== undefined && { tlsPort }),
    },
    faults: file?.faults ?? [],
    caFile: kept?.caFile,
  }
}

async function readBusSettings(file: string) {
  try {
    return await readSettingsFile(file)
  } catch (error) {
    throw new RollcallError('SettingsInvalid', error instanceof Error ? error.message : String(error), {
      cause: error,
    })
  }
}

/**
 * Settings of the file, which override those of `--fast`. The double refuses unknown settings
 * itself.
 */
async function readSettings(file: string): Promise<Partial<EntraSettings>> {
  try {
    const settings = JSON.parse(await readFile(file, 'utf8')) as Partial<EntraSettings>
    settingsSchema.parse(settings)
    return settings
  } catch (error) {
    // The message of a JSON parser quotes the file; that of the schema is a list.
    const what =
      error instanceof z.ZodError
        ? z.prettifyError(error).replaceAll(/\s*\n\s*/g, '; ')
        : error instanceof SyntaxError
          ? 'it is not JSON'
          : error instanceof Error
            ? error.message
            : String(error)
    throw new RollcallError(
      'SettingsInvalid',
      `${file} does not hold settings of the Entra double: ${what}`,
      {
        cause: error,
      },
    )
  }
}

/** How a client reaches the bus over TLS, and which certificate it must trust. */
export function tlsOf({ tls }: Pick<Broker, 'tls'>, caFile: string | undefined): object {
  return tls === undefined ? {} : { tls: { ...tls, NODE_EXTRA_CA_CERTS: caFile } }
}
