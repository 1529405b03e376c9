import type { TokenCredential } from '@azure/identity'
import { graphAccounts } from '../../adapters/graph/accounts.ts'
import { guarded } from '../../adapters/graph/breaker.ts'
import { graphClient } from '../../adapters/graph/client.ts'
import { graphJob } from '../../adapters/graph/job.ts'
import { graphProvisioning } from '../../adapters/graph/provisioning.ts'
import type { Config } from '../../config/load.ts'
import type { ConnectorSettings, Destination, DestinationPorts } from '../../core/connector/assembly.ts'
import type { Runtime } from '../../core/runtime.ts'
import { localOnlyCredential } from '../addresses.ts'
import { objectConnections } from '../connections.ts'
import { emergencyPort, emergencySettings } from './emergency.ts'
import { destinationsIn, type ReachedDestination } from './list.ts'
import { provisioningLog } from './provisioning-log.ts'

/** This many failures in a row mean that the service is down. */
const BREAKER = { failures: 5, retryMs: 15_000 }

/** A destination with what reaches it. */
export interface ComposedDestination extends Destination {
  readonly kind: 'job'
  readonly ports: DestinationPorts & Required<Pick<DestinationPorts, 'accounts'>>
}

/** What reaches the provisioning jobs of the configuration; one at least. */
export async function composeDestinations(
  config: Config,
  shared: ConnectorSettings,
  runtime: Runtime,
): Promise<readonly [ComposedDestination, ...ComposedDestination[]]> {
  const [first, ...others] = destinationsIn(config)
  const composed = async (one: ReachedDestination): Promise<ComposedDestination> => {
    const credential = await localOnlyCredential(config, one.endpoint, one.tenant)
    const { submit, job, correlate, uploads } = shared
    return {
      kind: 'job',
      name: one.name,
      ports: portsOf(config, one, credential, runtime),
      settings: {
        submit: { ...submit, limits: one.limits },
        job,
        correlate,
        uploads,
        ...emergencySettings(config, one, shared.plan.fold),
      },
    }
  }
  return [await composed(first), ...(await Promise.all(others.map(composed)))]
}

function portsOf(
  config: Config,
  { endpoint }: ReachedDestination,
  credential: TokenCredential,
  runtime: Runtime,
): ComposedDestination['ports'] {
  const graph = graphClient(endpoint, credential, config.HTTP_TIMEOUT_MS, runtime.now)
  return {
    provisioning: guarded(graphProvisioning(graph, endpoint), BREAKER),
    log: provisioningLog(config, { graph, endpoint, credential, runtime }),
    job: graphJob(graph, endpoint, config.JOB_RESTART_SIGN),
    ...(config.OBJECT_CONNECTIONS === 'on'
      ? { connections: objectConnections(config, endpoint, credential, runtime.now) }
      : {}),
    accounts: graphAccounts(graph, config.rules.directory, runtime.now),
    ...emergencyPort(config, endpoint, credential, runtime),
  }
}
