import type { RequestListener } from 'node:http'
import type { Observed } from '../compose/observe/figures.ts'
import { signInService } from '../compose/console/sign-in.ts'
import { operatingSystemUser } from '../compose/instance/os-user.ts'
import { consoleSettingsOf, signInOf } from '../config/console/access.ts'
import { type HttpAddress, httpAddressOf } from '../config/http-address.ts'
import type { Config } from '../config/load.ts'
import { RollcallError } from '../core/errors.ts'
import type { Logger } from '../core/runtime.ts'
import type { AccessSettings } from './access/identify.ts'
import type { ReplayRunner } from './console/acts/replay/runner.ts'
import type { ConsoleLedger } from './console/context.ts'
import { type Probes, startProbes } from './probes.ts'

export interface Serving extends Probes {
  /** Pauses the replay that the console carries out. The ledger must still be open. */
  pauseReplays(): Promise<void>
}

/** What is served, of this process. */
export interface Served {
  readonly observed: Pick<Observed, 'ready' | 'snapshot'>
  readonly scrape: () => Promise<string>
  /** `null` until the ledger is open. */
  readonly ledger: () => ConsoleLedger | null
}

/**
 * Serves the probes, the metrics and the console of this process at `HTTP_ADDRESS`; `null` without
 * an address. Throws `ConfigInvalid` for a console that is open to others without a token.
 */
export async function serveHttp(config: Config, served: Served, log: Logger): Promise<Serving | null> {
  const address = httpAddressOf(config)
  if (address === null) return null
  const { ready } = served.observed
  const pages = await pagesOf(config, address, served, log)
  const listener = pages?.listener ?? null
  const probes = await startProbes({ address, token: config.HTTP_TOKEN }, ready, served.scrape, listener)
  const { port } = probes
  log.info('probes.listening', { port, loopback: address.loopback, console: pages !== null })
  return { ...probes, pauseReplays: async () => pages?.replays.close() }
}

/** The pages are some fifty modules: a process without a console does not load them. */
async function pagesOf(
  config: Config,
  { loopback }: HttpAddress,
  { observed, ledger }: Served,
  log: Logger,
): Promise<{ readonly listener: RequestListener; readonly replays: ReplayRunner } | null> {
  const { CONSOLE } = config
  if (CONSOLE === 'off' || (CONSOLE === 'loopback' && !loopback)) return null
  const access = await accessOf(config, loopback)
  const { consoleListener } = await import('./console/listener.ts')
  const { snapshot } = observed
  const { replayRunner } = await import('./console/acts/replay/runner.ts')
  const { backgroundRuntime, deadLettersBeside } = await import('../compose/dead-letters/beside.ts')
  const replays = replayRunner({ runtime: backgroundRuntime, leaseMs: config.LEASE_MS, log })
  const listener = consoleListener({
    config,
    access,
    ledger,
    snapshot,
    now: Date.now,
    zone: null,
    log,
    deadLetters: (options, stack) => deadLettersBeside(config, { ...options, now: Date.now() }, stack),
    connections: async (employees) => {
      const { askForConnections } = await import('../compose/connections.ts')
      return askForConnections(config, employees)
    },
    replays,
  })
  return { listener, replays }
}

/**
 * Throws `ConfigInvalid` for a sign-in that lacks a setting, and where others could open the
 * console without one.
 */
async function accessOf(config: Config, loopback: boolean): Promise<AccessSettings> {
  const signIn = signInOf(config)
  const { HTTP_TOKEN: token } = config
  if (!loopback && token === null && signIn === null)
    throw new RollcallError(
      'ConfigInvalid',
      'CONSOLE=on beyond loopback needs HTTP_TOKEN or the sign-in with Entra ID (CONSOLE_URL): without one, every client that reaches HTTP_ADDRESS could read the console. Set one of them, or set CONSOLE to loopback or off',
    )
  const { roles, token: allowed } = consoleSettingsOf(config)
  return {
    open: loopback && signIn === null,
    token,
    tokenPermissions: new Set(allowed),
    entra: signIn && {
      service: await signInService(signIn.settings),
      roles,
      cookieSecret: signIn.cookieSecret,
    },
    user: operatingSystemUser(),
  }
}
