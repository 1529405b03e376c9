import type { TokenCredential } from '@azure/identity'
import { graphClient } from '../adapters/graph/client.ts'
import { SCIM_API, scimDeactivation } from '../adapters/graph/scim.ts'
import type { Config } from '../config/load.ts'
import type { ConnectorSettings } from '../core/connector/assembly.ts'
import type { FoldRules } from '../core/plan/fold/rules.ts'
import type { DirectDeactivation } from '../core/ports.ts'
import type { Runtime } from '../core/runtime.ts'
import { endpointOf } from './addresses.ts'
import { callLimitsOf } from './settings.ts'

/** This long after its time limit, a call counts as ended. */
const MARGIN_MS = 10_000

/** The SCIM API of the tenant of `PROVISIONING_ENDPOINT`. */
export function directDeactivation(
  config: Config,
  credential: TokenCredential,
  { now }: Pick<Runtime, 'now'>,
): DirectDeactivation {
  const { origin } = endpointOf(config)
  const client = graphClient({ origin, version: SCIM_API }, credential, config.HTTP_TIMEOUT_MS, now)
  return scimDeactivation(client)
}

/** Nothing without `leavers.emergency` in the file. */
export function emergencyPort(
  config: Config,
  credential: TokenCredential,
  runtime: Pick<Runtime, 'now'>,
): { readonly directDeactivation?: DirectDeactivation } {
  return config.rules.emergency === null
    ? {}
    : { directDeactivation: directDeactivation(config, credential, runtime) }
}

export function emergencySettings(config: Config, fold: FoldRules): Pick<ConnectorSettings, 'emergency'> {
  const { emergency: rules, pilot } = config.rules
  if (rules === null) return {}
  return {
    emergency: {
      rules,
      limits: callLimitsOf(config),
      fold,
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
