import type { ApiVersion } from '../log/record.ts'
import { type Directory, type DirectoryUser, newObjectId, withTarget } from '../directory/directory.ts'
import { changedBy, DEFAULTS, type GraphUser, graphUser, selectedBy } from '../directory/graph-user.ts'
import { type Rows, textOf, toMap } from '../directory/row.ts'
import { type Filter, filterOf, matching } from '../directory/user-filter.ts'
import type { Settings } from '../settings.ts'
import { isObject, parseJson } from '../support/json.ts'
import {
  type Exchange,
  type Problem,
  readBody,
  send,
  sendJson,
  throttledFor,
  WRONG_METHOD,
} from './exchange.ts'
import { createWindow } from './limits.ts'
import type { Route } from './routes.ts'
import { nextLink, readToken } from './skip-token.ts'
import type { Tokens } from './tokens.ts'

type UsersRoute = Extract<Route, { readonly to: 'users' }>

/**
 * `GET …/users`, and what an administrator does to a user: `POST …/users`, `PATCH …/users/{id}`,
 * `DELETE …/users/{id}`, and `PUT` and `DELETE …/users/{id}/manager/$ref`. `$select`, `$top`,
 * `$skiptoken` and `$expand=manager` count, and of filters `employeeId in (…)`, the same of `id` and
 * `userPrincipalName`, and `proxyAddresses/any(p:p eq '…')`, also several with `or`; other query
 * options are refused. With `$expand`, a page has at most 100 users.
 *
 * Sources: https://learn.microsoft.com/en-us/graph/api/user-list, user-list-manager and
 * user-post-manager beside it, https://github.com/microsoftgraph/microsoft-graph-docs/pull/21516 and,
 * for the limits and costs,
 * https://learn.microsoft.com/en-us/graph/throttling-limits#identity-and-access-service-limits.
 */
export interface UsersApi {
  answer(exchange: Exchange, route: UsersRoute): Promise<Problem | null>
  counts(): { readonly userRequests: number; readonly userThrottled: number }
}

const DEFAULT_TOP = 100
const MOST_TOP = 999
/** The letter of its skip tokens. */
const TOKEN = 'u'
const MOST_EXPANDED = 100
const COST = 2

const invalid = (message: string): Problem => ({ status: 400, code: 'Request_BadRequest', message })
const NOT_FOUND: Problem = {
  status: 404,
  code: 'Request_ResourceNotFound',
  message: 'Resource does not exist or one of its queried reference-property objects are not present.',
}

interface ListRequest {
  readonly names: readonly string[]
  readonly top: number
  readonly from: number
  /** With the manager of each user. */
  readonly managers: boolean
  /** Null without one. */
  readonly filter: Filter | null
}

export function createUsersApi(
  settings: Settings,
  tokens: Tokens,
  directory: Directory,
  rows: Rows,
): UsersApi {
  const limit = createUserLimit(settings)

  async function act(
    exchange: Exchange,
    { version, objectId, manager }: UsersRoute,
  ): Promise<Problem | null> {
    const { method } = exchange
    if (objectId === undefined) {
      if (method === 'GET') return list(exchange, version, directory)
      if (method !== 'POST') return WRONG_METHOD
      const user = newUser(rows)
      const problem = await change(exchange, user, directory, rows)
      if (problem === null) sendJson(exchange, 201, { id: user.objectId })
      return problem
    }
    const user = directory.byObjectId(objectId)
    if (user === undefined) return NOT_FOUND
    if (manager) {
      const problem = await changeManager(exchange, user, directory, rows)
      if (problem !== null) return problem
    } else if (method === 'PATCH') {
      const problem = await change(exchange, user, directory, rows)
      if (problem !== null) return problem
    } else if (method === 'DELETE') directory.remove(objectId)
    else return WRONG_METHOD
    send(exchange, 204, null)
    return null
  }

  return {
    async answer(exchange, route) {
      const permission = exchange.method === 'GET' ? 'User.Read.All' : 'User.ReadWrite.All'
      return tokens.check(exchange, permission) ?? limit.take(exchange) ?? (await act(exchange, route))
    },
    counts: limit.counts,
  }
}

interface UserLimit {
  /** Why the request must wait; a request costs less when it names the properties that it needs. */
  take(exchange: Exchange): Problem | null
  readonly counts: UsersApi['counts']
}

function createUserLimit({ limits }: Settings): UserLimit {
  const window = createWindow(limits.userUnitsPer10s, 10_000)
  let userRequests = 0
  let userThrottled = 0
  return {
    take({ receivedAt, url }) {
      userRequests += 1
      if (!limits.enabled) return null
      const more = url.searchParams.has('$expand') ? 1 : 0
      const cost = COST + more - (url.searchParams.has('$select') ? 1 : 0)
      const waits = Array.from({ length: cost }, () => window.take(receivedAt))
      const waitMs = Math.max(...waits)
      if (waitMs === 0) return null
      userThrottled += 1
      return throttledFor(waitMs)
    },
    counts: () => ({ userRequests, userThrottled }),
  }
}

function list(exchange: Exchange, version: ApiVersion, directory: Directory): Problem | null {
  const request = readList(exchange.url.searchParams)
  if ('status' in request) return request
  const { names, top, from, managers, filter } = request
  const { users, next } =
    filter === null ? directory.page(from, top) : { users: matching(filter, directory), next: undefined }
  sendJson(exchange, 200, {
    '@odata.context': `${exchange.origin}/${version}/$metadata#users`,
    ...(next === undefined ? {} : { '@odata.nextLink': nextLink(exchange, TOKEN, next) }),
    value: users.map((user) => ({
      ...graphUser(user, names),
      ...(managers ? managerOf(user, directory) : {}),
    })),
  })
  return null
}

/** What `$expand=manager` adds to a user who has one. */
function managerOf({ target }: DirectoryUser, directory: Directory): GraphUser {
  const manager = directory.byObjectId(textOf(target, 'manager') ?? '')
  return manager === undefined
    ? {}
    : { manager: { '@odata.type': '#microsoft.graph.user', ...graphUser(manager, DEFAULTS) } }
}

async function change(
  exchange: Exchange,
  user: DirectoryUser,
  directory: Directory,
  rows: Rows,
): Promise<Problem | null> {
  const given = await readUser(exchange)
  if ('status' in given) return given
  directory.put(withTarget(user, changedBy(given.change, toMap(user.target)), rows))
  return null
}

async function changeManager(
  exchange: Exchange,
  user: DirectoryUser,
  directory: Directory,
  rows: Rows,
): Promise<Problem | null> {
  const target = toMap(user.target)
  if (exchange.method === 'DELETE') target.delete('manager')
  else if (exchange.method === 'PUT') {
    const given = await readUser(exchange)
    if ('status' in given) return given
    const id = /\/(?:users|directoryObjects)\/([^/]+)$/.exec(String(given.change['@odata.id']))?.[1] ?? ''
    if (directory.byObjectId(id) === undefined) return NOT_FOUND
    target.set('manager', id)
  } else return WRONG_METHOD
  directory.put(withTarget(user, target, rows))
  return null
}

function newUser(rows: Rows): DirectoryUser {
  const target = rows.row(new Map())
  return {
    objectId: newObjectId(),
    externalId: undefined,
    active: true,
    source: undefined,
    target,
    operations: 0,
  }
}

const OPTIONS: readonly string[] = ['$select', '$top', '$skiptoken', '$filter', '$expand']

function readList(query: URLSearchParams): ListRequest | Problem {
  const other = [...query.keys()].find((name) => !OPTIONS.includes(name))
  if (other !== undefined) return invalid(`Unsupported query option '${other}'.`)
  const names = selectedBy(query.get('$select'))
  if ('unknown' in names)
    return invalid(`Could not find a property named '${names.unknown}' on type 'microsoft.graph.user'.`)
  const top = Number(query.get('$top') ?? DEFAULT_TOP)
  if (!Number.isInteger(top) || top < 1 || top > MOST_TOP)
    return invalid(
      `Invalid page size specified: '${query.get('$top')}'. Must be between 1 and 999 inclusive.`,
    )
  const expand = query.get('$expand')
  if (expand !== null && expand !== 'manager') return invalid(`Unsupported $expand '${expand}'.`)
  const token = query.get('$skiptoken')
  const from = token === null ? 0 : readToken(TOKEN, token)
  if (from === null) return invalid('Skip token is invalid.')
  const filter = filterOf(query.get('$filter'))
  return filter === 'invalid'
    ? invalid('Unsupported or invalid query filter clause specified.')
    : {
        names,
        top: expand === null ? top : Math.min(top, MOST_EXPANDED),
        from,
        managers: expand !== null,
        filter,
      }
}

async function readUser(
  exchange: Exchange,
): Promise<{ readonly change: Readonly<Record<string, unknown>> } | Problem> {
  const body = await readBody(exchange.request, 65_536)
  if ('status' in body) return body
  const change = parseJson(body.text)
  return isObject(change) ? { change } : invalid('The body is not a user.')
}
