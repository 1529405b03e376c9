import { useProxy } from '../../adapters/proxy.ts'
import type { Config } from '../../config/load.ts'
import { proveChannels } from './channels.ts'
import { proveBus } from './bus.ts'
import { proveDirect, proveEmergency } from './emergency.ts'
import { proveGraph } from './graph.ts'
import { proveLedger } from './ledger.ts'
import { proveReaders } from './readers.ts'
import { proveMapping } from './mapping.ts'
import { proveSettings } from './settings.ts'
import type { Proof } from './proof.ts'

/**
 * Looks at the names in the mapping and tries ledger, bus, the tokens for HR systems, provisioning
 * log, job, emergency lane and direct destinations in turn. Changes nothing.
 */
export async function proveAll(config: Config): Promise<readonly Proof[]> {
  using _proxied = useProxy(config)
  return [
    ...proveMapping(config),
    ...proveSettings(config),
    ...(await proveLedger(config)),
    ...(await proveBus(config)),
    ...(await proveReaders(config)),
    ...(await proveChannels(config)),
    ...(await proveGraph(config)),
    ...(await proveEmergency(config)),
    ...(await proveDirect(config)),
  ]
}
