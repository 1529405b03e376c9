import type { TokenCredential } from '@azure/identity'
import { graphClient } from '../adapters/graph/client.ts'
import { graphConnections } from '../adapters/graph/connections.ts'
import type { Endpoint } from '../adapters/graph/endpoint.ts'
import { useProxy } from '../adapters/proxy.ts'
import type { Config } from '../config/load.ts'
import { type ConnectionAnswer, isRefusal, type ObjectConnections } from '../core/connections/connection.ts'
import { localOnlyCredential } from './addresses.ts'
import { destinationsIn } from './destinations/list.ts'

/** Object connections are in Graph's beta only, whatever version the endpoint has. */
export function objectConnections(
  config: Pick<Config, 'HTTP_TIMEOUT_MS'>,
  endpoint: Endpoint,
  credential: TokenCredential,
  now: () => number,
): ObjectConnections {
  const beta = graphClient(
    { origin: endpoint.origin, version: 'beta' },
    credential,
    config.HTTP_TIMEOUT_MS,
    now,
  )
  return graphConnections(beta, endpoint, now)
}

/**
 * Asks the service about these employees, for a person who wants to know. A refusal ends it: the
 * other employees get the same answer.
 */
export async function askForConnections(
  config: Config,
  employeeIds: readonly string[],
): Promise<ReadonlyMap<string, ConnectionAnswer>> {
  using _proxied = useProxy(config)
  const [{ endpoint, tenant }] = destinationsIn(config)
  const credential = await localOnlyCredential(config, endpoint, tenant)
  const connections = objectConnections(config, endpoint, credential, Date.now)
  const { signal } = new AbortController()
  const answers = new Map<string, ConnectionAnswer>()
  let refusal: ConnectionAnswer | null = null
  for (const employeeId of employeeIds) {
    const answer: ConnectionAnswer = refusal ?? (await connections.find(employeeId, signal))
    if (isRefusal(answer)) refusal = answer
    answers.set(employeeId, answer)
  }
  return answers
}
