import type { Readiness } from '../compose/observe/readiness.ts'
import type { Config } from '../config/load.ts'
import { httpAddressOf } from '../config/http-address.ts'
import type { Logger } from '../core/runtime.ts'
import { type Probes, startProbes } from './probes.ts'

/**
 * Serves the probes and the metrics of this process at `HTTP_ADDRESS`; `null` without an address.
 */
export async function serveProbes(
  config: Config,
  ready: () => Promise<Readiness>,
  scrape: () => Promise<string>,
  log: Logger,
): Promise<Probes | null> {
  const address = httpAddressOf(config)
  if (address === null) return null
  const probes = await startProbes({ address, token: config.HTTP_TOKEN }, ready, scrape)
  log.info('probes.listening', { port: probes.port, loopback: address.loopback })
  return probes
}
