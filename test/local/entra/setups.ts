import type { EntraDouble, EntraOptions } from '../../../src/local/entra/server.ts'
import type { EntraSettings } from '../../../src/local/entra/settings.ts'
import type { EntraSetup, OpenEntra } from '../../suites/conformance/entra.ts'

const standard: Partial<EntraSettings> = {
  cycleMs: 20,
  logLagMs: { min: 0, max: 0 },
  limits: { enabled: false },
}

/** The settings of the double for the set-ups of the conformance suite. */
const setups: Readonly<Record<EntraSetup, Partial<EntraSettings>>> = {
  standard,
  strict: { ...standard, validation: 'strict' },
  'call-limits': { ...standard, limits: {} },
  'three-calls-a-day': { ...standard, limits: { callsPerDay: 3 } },
  'log-limits': { ...standard, limits: {} },
  'flow-nulls-off': { ...standard, flowNulls: false },
  'bucket-of-three': { ...standard, bucketOperations: 3 },
  'slow-log': { ...standard, logLagMs: { min: 700, max: 800 } },
}

/** Opens the double for the suite. `start` is given, because the mutation check starts others. */
export function openWith(
  start: (options: EntraOptions) => Promise<EntraDouble>,
  patienceMs: number,
): OpenEntra {
  return async (setup) => {
    const entra = await start({ settings: setups[setup] })
    return { endpoint: entra.endpoint, token: 'any', patienceMs, close: () => entra.stop() }
  }
}
