import type { TokenCredential } from '@azure/identity'
import { graphClient } from '../adapters/graph/client.ts'
import { graphConnections } from '../adapters/graph/connections.ts'
import type { Endpoint } from '../adapters/graph/endpoint.ts'
import { useProxy } from '../adapters/proxy.ts'
import type { Config } from '../config/load.ts'
import {
  type AskedFor,
  type ConnectionAnswer,
  isRefusal,
  type ObjectConnections,
} from '../core/connections/connection.ts'
import { localOnlyCredential } from './addresses.ts'
import { destinationsIn, directCostsIn, type ReachedDestination } from './destinations/list.ts'

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
 * Asks the job of each employee's destination, for a person who wants to know. Employees without a
 * destination are asked for at the first. A direct destination has no job, so there is no answer.
 */
export async function askForConnections(
  config: Config,
  employees: readonly AskedFor[],
): Promise<ReadonlyMap<string, ConnectionAnswer>> {
  using _proxied = useProxy(config)
  const destinations = destinationsIn(config)
  const of = ({ destination }: AskedFor): ReachedDestination =>
    destinations.find(({ name }) => name === destination) ?? destinations[0]
  const direct = directCostsIn(config)
  const atJobs = employees.filter(({ destination }) => !direct.has(destination ?? ''))
  const answers = new Map<string, ConnectionAnswer>()
  for (const [{ endpoint, tenant }, theirs] of Map.groupBy(atJobs, of)) {
    const credential = await localOnlyCredential(config, endpoint, tenant)
    const connections = objectConnections(config, endpoint, credential, Date.now)
    for (const [id, answer] of await askEach(connections, theirs)) answers.set(id, answer)
  }
  return answers
}

/** A refusal ends it: the other employees of the job get the same answer. */
async function askEach(
  connections: ObjectConnections,
  employees: readonly AskedFor[],
): Promise<ReadonlyMap<string, ConnectionAnswer>> {
  const { signal } = new AbortController()
  const answers = new Map<string, ConnectionAnswer>()
  let refusal: ConnectionAnswer | null = null
  for (const { id } of employees) {
    const answer: ConnectionAnswer = refusal ?? (await connections.find(id, signal))
    if (isRefusal(answer)) refusal = answer
    answers.set(id, answer)
  }
  return answers
}
