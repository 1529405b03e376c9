import { readFile } from 'node:fs/promises'
import { FAST_ENVIRONMENT } from '../config.ts'
import { RollcallError } from '../core/errors.ts'
import { type EntraDouble, type EntraSettings, fastSettings, startEntra } from './entra/server.ts'
import { settingsSchema } from './entra/settings.ts'
import type { Broker } from './service-bus/broker.ts'
import { parseBrokerConfig } from './service-bus/config.ts'
import { startBrokerThread } from './service-bus/thread.ts'

/** Service Bus and Entra on this machine, with everything a connector has to know to use them. */
export interface Doubles {
  readonly bus: Broker
  readonly entra: EntraDouble
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}
export interface DoublesOptions {
  /** Address to listen on. Default 127.0.0.1; anything else is for containers. */
  readonly host?: string
  readonly busPort?: number
  readonly entraPort?: number
  /** Short cycles and lag, no call limits. */
  readonly fast: boolean
  /** JSON file of settings of the Entra double (docs/doubles-entra.md): limits, mapping, faults, a directory to begin with. */
  readonly entraSettings?: string
  /** Where the bus writes down what it holds, so that killing it loses nothing. */
  readonly busFile?: string
}

/** The same file configures the official emulator in docker-compose. */
export const BUS_CONFIG = new URL('../../deploy/service-bus/Config.json', import.meta.url)

export async function startDoubles({
  host = '127.0.0.1',
  busPort = 0,
  entraPort = 0,
  fast,
  entraSettings,
  busFile,
}: DoublesOptions): Promise<Doubles> {
  await using stack = new AsyncDisposableStack()
  const config = parseBrokerConfig(await readFile(BUS_CONFIG, 'utf8'))
  const settings = {
    ...(fast ? fastSettings : {}),
    ...(entraSettings === undefined ? {} : await readSettings(entraSettings)),
  }
  const bus = stack.adopt(
    await startBrokerThread({
      config,
      host,
      port: busPort,
      ...(busFile === undefined ? {} : { file: busFile }),
    }),
    (it) => it.stop(),
  )
  const entra = stack.adopt(await startEntra({ host, port: entraPort, settings }), (it) => it.stop())
  const held = stack.move()
  return {
    bus,
    entra,
    environment: {
      SERVICEBUS_CONNECTION_STRING: bus.connectionString,
      SERVICEBUS_QUEUE: 'hr-events',
      OUTCOMES_QUEUE: 'hr-outcomes',
      DEAD_LETTER_QUEUE: 'hr-dead-letters',
      PROVISIONING_ENDPOINT: entra.endpoint,
      PROVISIONING_ALLOW_HTTP: 'true',
      AUTH_MODE: 'local',
      ...(fast ? FAST_ENVIRONMENT : {}),
    },
    stop: () => held.disposeAsync(),
  }
}

/** What the file says, over what `--fast` says. The double itself refuses what is no setting. */
async function readSettings(file: string): Promise<Partial<EntraSettings>> {
  try {
    const settings = JSON.parse(await readFile(file, 'utf8')) as Partial<EntraSettings>
    settingsSchema.parse(settings)
    return settings
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    throw new RollcallError('SettingsInvalid', `${file} holds no settings of the Entra double: ${what}`, {
      cause: error,
    })
  }
}
