import type { RequestListener } from 'node:http'
import type { Observed } from '../compose/observe/figures.ts'
import { operatingSystemUser } from '../compose/instance/os-user.ts'
import { type HttpAddress, httpAddressOf } from '../config/http-address.ts'
import type { Config } from '../config/load.ts'
import { RollcallError } from '../core/errors.ts'
import type { Logger } from '../core/runtime.ts'
import { ALL_PERMISSIONS } from './access/permissions.ts'
import type { ConsoleLedger } from './console/context.ts'
import { type Probes, startProbes } from './probes.ts'

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
export async function serveHttp(config: Config, served: Served, log: Logger): Promise<Probes | null> {
  const address = httpAddressOf(config)
  if (address === null) return null
  const { ready } = served.observed
  const pages = await pagesOf(config, address, served, log)
  const probes = await startProbes({ address, token: config.HTTP_TOKEN }, ready, served.scrape, pages)
  const { port } = probes
  log.info('probes.listening', { port, loopback: address.loopback, console: pages !== null })
  return probes
}

/** The pages are some fifty modules: a process without a console does not load them. */
async function pagesOf(
  config: Config,
  { loopback }: HttpAddress,
  { observed, ledger }: Served,
  log: Logger,
): Promise<RequestListener | null> {
  const { CONSOLE, HTTP_TOKEN: token } = config
  if (CONSOLE === 'off' || (CONSOLE === 'loopback' && !loopback)) return null
  if (!loopback && token === null)
    throw new RollcallError(
      'ConfigInvalid',
      'CONSOLE=on beyond loopback needs HTTP_TOKEN: without it, every client that reaches HTTP_ADDRESS could read the console. Set HTTP_TOKEN, or set CONSOLE to loopback or off',
    )
  const { consoleListener } = await import('./console/listener.ts')
  const { snapshot } = observed
  return consoleListener({
    config,
    access: { loopback, token, tokenPermissions: ALL_PERMISSIONS, user: operatingSystemUser() },
    ledger,
    snapshot,
    now: Date.now,
    zone: null,
    log,
  })
}
