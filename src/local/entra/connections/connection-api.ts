import { createHash } from 'node:crypto'
import type { Directory, DirectoryUser } from '../directory/directory.ts'
import { textOf } from '../directory/row.ts'
import {
  badRequest,
  type Exchange,
  type Problem,
  RESOURCE_NOT_FOUND,
  sendJson,
  WRONG_METHOD,
} from '../http/exchange.ts'
import type { Route } from '../http/routes.ts'
import type { Tokens } from '../http/tokens.ts'
import type { Settings } from '../settings.ts'

type ConnectionRoute = Extract<Route, { readonly to: 'connection' }>

/**
 * `GET …/jobs/{id}/objectConnections('{id}')`: the account that the job has linked to a source
 * object, found by either id, that of the source first. There is a connection from the first
 * operation on that created or matched an account. The `DELETE` of the real interface is not played.
 *
 * Sources: https://learn.microsoft.com/en-us/graph/api/synchronization-objectconnection-get?view=graph-rest-beta
 * and manage-object-connections.md of github.com/MicrosoftDocs/entra-docs.
 */
export interface ConnectionApi {
  answer(exchange: Exchange, route: ConnectionRoute): Problem | null
}

const PROPERTIES = ['objectId', 'sourceAnchor', 'targetAnchor', 'displayName', 'objectTypeName'] as const
type Connection = Readonly<Record<(typeof PROPERTIES)[number], string | null>>

export function createConnectionApi(settings: Settings, tokens: Tokens, directory: Directory): ConnectionApi {
  const anchorOf = (externalId: string): string =>
    settings.sourceAnchor === 'externalId'
      ? externalId
      : createHash('sha256').update(externalId).digest('hex').slice(0, 32)

  function find(id: string): { readonly user: DirectoryUser; readonly externalId: string } | undefined {
    const bySource = settings.sourceAnchor === 'externalId' ? directory.byExternalId(id) : undefined
    const user = bySource ?? directory.byObjectId(id)
    return user?.externalId === undefined ? undefined : { user, externalId: user.externalId }
  }

  function answer(exchange: Exchange, route: ConnectionRoute): Problem | null {
    if (exchange.method !== 'GET') return WRONG_METHOD
    const refused = tokens.check(exchange, 'SynchronizationMetadata.Read.OwnedBy')
    if (refused !== null) return refused
    const { servicePrincipalId, jobId, objectId } = route
    const isHere = servicePrincipalId === settings.servicePrincipalId && jobId === settings.jobId
    if (!isHere || settings.objectConnections === 'unavailable') return RESOURCE_NOT_FOUND
    if (objectId === undefined) return badRequest('Object connections cannot be listed.')
    const names = selectedBy(exchange.url.searchParams)
    if (!Array.isArray(names)) return names
    const found = find(objectId)
    if (found === undefined) return RESOURCE_NOT_FOUND
    const connection: Connection = {
      objectId,
      sourceAnchor: anchorOf(found.externalId),
      targetAnchor: found.user.objectId,
      displayName: textOf(found.user.target, 'displayName') ?? null,
      objectTypeName: 'User',
    }
    sendJson(exchange, 200, {
      '@odata.context': `${exchange.origin}/beta/$metadata#objectConnection/$entity`,
      ...Object.fromEntries(names.map((name) => [name, connection[name]])),
    })
    return null
  }

  return { answer }
}

/** The properties that `$select` names, all of them without it; it is the only option there is. */
function selectedBy(query: URLSearchParams): (typeof PROPERTIES)[number][] | Problem {
  const other = [...query.keys()].find((name) => name !== '$select')
  if (other !== undefined) return badRequest(`The query option '${other}' is not supported.`)
  const asked = query.get('$select')?.split(',')
  return PROPERTIES.filter((name) => asked === undefined || asked.includes(name))
}
