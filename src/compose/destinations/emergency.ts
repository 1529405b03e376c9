import type { TokenCredential } from '@azure/identity'
import { graphClient } from '../../adapters/graph/client.ts'
import { SCIM_API, scimDeactivation } from '../../adapters/graph/scim.ts'
import type { Config } from '../../config/load.ts'
import type { Endpoint } from '../../adapters/graph/endpoint.ts'
import type { DestinationSettings } from '../../core/connector/assembly.ts'
import type { FoldRules } from '../../core/plan/fold/rules.ts'
import type { DirectDeactivation } from '../../core/ports.ts'
import type { Runtime } from '../../core/runtime.ts'
import type { ReachedDestination } from './list.ts'

/** This long after its time limit, a call counts as ended. */
const MARGIN_MS = 10_000

/** The SCIM API of the tenant of this job. */
export function directDeactivation(
  config: Config,
  { origin }: Pick<Endpoint, 'origin'>,
  credential: TokenCredential,
  { now }: Pick<Runtime, 'now'>,
): DirectDeactivation {
  const client = graphClient({ origin, version: SCIM_API }, credential, config.HTTP_TIMEOUT_MS, now)
  return scimDeactivation(client)
}

/** Nothing without `leavers.emergency` in the file. */
export function emergencyPort(
  config: Config,
  endpoint: Endpoint,
  credential: TokenCredential,
  runtime: Pick<Runtime, 'now'>,
): { readonly directDeactivation?: DirectDeactivation } {
  return config.rules.emergency === null
    ? {}
    : { directDeactivation: directDeactivation(config, endpoint, credential, runtime) }
}

export function emergencySettings(
  config: Config,
  { limits }: Pick<ReachedDestination, 'limits'>,
  fold: FoldRules | undefined,
): Pick<DestinationSettings, 'emergency'> {
  const { emergency: rules, pilot } = config.rules
  if (rules === null) return {}
  return {
    emergency: {
      rules,
      limits,
      ...(fold ? { fold } : {}),
      ...(pilot ? { pilot } : {}),
      pollMs: 2_000,
      employeesAtOnce: 200,
      answerMs: config.HTTP_TIMEOUT_MS + MARGIN_MS,
      throttledMs: 10_000,
      failedMs: 10_000,
      accessMs: 60_000,
    },
  }
}
