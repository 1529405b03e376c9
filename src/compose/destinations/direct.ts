import { graphAccounts } from '../../adapters/graph/accounts.ts'
import { graphClient } from '../../adapters/graph/client.ts'
import { parseScimEndpoint } from '../../adapters/graph/endpoint.ts'
import { newPassword, SCIM_API, scimAccounts } from '../../adapters/graph/scim.ts'
import type { Config } from '../../config/load.ts'
import type { DirectCosts } from '../../config/rules/destinations.ts'
import type { ConnectorSettings, DirectDestination } from '../../core/connector/assembly.ts'
import { MOST_CALLS } from '../../core/direct/write.ts'
import type { DirectSettings } from '../../core/direct/writer.ts'
import type { Runtime } from '../../core/runtime.ts'
import { localOnlyCredential } from '../addresses.ts'
import { endpointSetting, limitsOf } from './list.ts'

/** A direct destination of the configuration, and where its API is. */
export interface ReachedDirectly {
  readonly name: string
  readonly origin: string
  /** `null`: the tenant of the identity. */
  readonly tenant: string | null
  readonly costs: DirectCosts
}

/** Graph takes thousands of changes in minutes; these keep well below that. */
const AT_ONCE = { maxOperations: 20, atOnce: 4 }
const BUDGET_MS = 300_000
const FINISH_MS = 60_000

/** Those of the configuration that have no job. Throws for an address that gets no token. */
export function directDestinationsIn(config: Config): readonly ReachedDirectly[] {
  return (config.rules.destinations?.all ?? []).flatMap(({ name, endpoint, tenant, direct: costs }) => {
    if (costs === null) return []
    const { origin } = parseScimEndpoint(endpoint, config.PROVISIONING_ALLOW_HTTP, endpointSetting(name))
    return [{ name, origin, tenant, costs }]
  })
}

/** What reaches them. The identity needs `User.ReadWrite.All` in each tenant. */
export function composeDirectDestinations(
  config: Config,
  shared: ConnectorSettings,
  runtime: Runtime,
): Promise<readonly DirectDestination[]> {
  return Promise.all(
    directDestinationsIn(config).map(async (one): Promise<DirectDestination> => {
      const { name, origin, tenant } = one
      const credential = await localOnlyCredential(config, one, tenant)
      const client = (version: string) =>
        graphClient({ origin, version }, credential, config.HTTP_TIMEOUT_MS, runtime.now)
      return {
        kind: 'direct',
        name,
        ports: {
          direct: scimAccounts(client(SCIM_API), newPassword),
          accounts: graphAccounts(client('v1.0'), config.rules.directory, runtime.now),
        },
        settings: directSettings(config, one, shared),
      }
    }),
  )
}

function directSettings(
  config: Config,
  { name, costs }: ReachedDirectly,
  { submit }: Pick<ConnectorSettings, 'submit'>,
): DirectSettings {
  return {
    ...submit,
    ...costs,
    ...AT_ONCE,
    limits: limitsOf(config, name),
    leaseMs: Math.max(config.LEASE_MS, MOST_CALLS * config.HTTP_TIMEOUT_MS),
    budgetMs: BUDGET_MS,
    finishMs: FINISH_MS,
  }
}
