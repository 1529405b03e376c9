import { z } from 'zod'
import type { ConnectionAnswer, ObjectConnections } from '../../core/connections/connection.ts'
import { RollcallError } from '../../core/errors.ts'
import { retryAfterMs } from '../../core/provision/verdict.ts'
import { quoted } from './answer.ts'
import type { Graph } from './client.ts'
import { type Endpoint, jobPath } from './endpoint.ts'

const Connection = z.object({
  sourceAnchor: z.string(),
  targetAnchor: z.string(),
  objectTypeName: z.string(),
  displayName: z.string().nullish(),
})

/**
 * `GET …/jobs/{id}/objectConnections('{id}')`, which only Graph's beta and only the global cloud
 * offers. Needs `SynchronizationMetadata.Read.OwnedBy`
 * (https://learn.microsoft.com/en-us/graph/api/synchronization-objectconnection-get?view=graph-rest-beta).
 * `beta` is a client of that version.
 */
export function graphConnections(
  beta: Pick<Graph, 'get'>,
  endpoint: Endpoint,
  now: () => number,
): ObjectConnections {
  return {
    find: async (id, signal) => {
      try {
        const path = `${jobPath(endpoint)}/objectConnections(${encodeURIComponent(quoted(id))})`
        return await answerOf(await beta.get(path, signal), now())
      } catch (error) {
        if (error instanceof RollcallError && error.code === 'NoToken') return { kind: 'forbidden' }
        if (error instanceof RollcallError) throw error
        return { kind: 'unavailable', status: null }
      }
    },
  }
}

async function answerOf(response: Response, now: number): Promise<ConnectionAnswer> {
  const { status } = response
  if (status === 200) {
    const connection = Connection.safeParse(await response.json())
    return connection.success
      ? {
          kind: 'found',
          connection: { ...connection.data, displayName: connection.data.displayName ?? null },
        }
      : { kind: 'unavailable', status }
  }
  await response.body?.cancel()
  switch (status) {
    case 404:
      return { kind: 'none' }
    case 401:
    case 403:
      return { kind: 'forbidden' }
    case 429:
      return { kind: 'throttled', retryAfterMs: retryAfterMs(response.headers.get('Retry-After'), now) }
    default:
      return { kind: 'unavailable', status }
  }
}
