import { createValidation } from '../cycle/validation.ts'
import { type Directory, type DirectoryUser, newObjectId, withTarget } from '../directory/directory.ts'
import { type Rows, toMap } from '../directory/row.ts'
import { type Fault, readPatch, readUser, type Writes } from '../directory/scim-request.ts'
import { EXTERNAL_ID, scimUser } from '../directory/scim-user.ts'
import type { Settings } from '../settings.ts'
import {
  badRequest,
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
import type { Tokens } from './tokens.ts'

type ScimRoute = Extract<Route, { readonly to: 'scim' }>

/**
 * The users of the SCIM 2.0 API of Entra ID: `GET /rp/scim/users` with `filter` (`eq` on `id`,
 * `userName` and `externalId`), `POST /rp/scim/users`, `GET`, `PATCH` and `DELETE
 * /rp/scim/users/{id}`, and `GET /rp/scim/serviceproviderconfig`. Answers are synchronous and name no
 * log record. A user name that is taken is refused with 409 and `uniqueness`, as RFC 7644 says;
 * Microsoft documents no answer to it.
 *
 * Sources: https://learn.microsoft.com/en-us/entra/identity/app-provisioning/entra-id-scim-api-reference,
 * …/enable-scim-api (billing), …/troubleshoot-scim-api-errors, and for the limit of changes
 * https://learn.microsoft.com/en-us/graph/throttling-limits#identity-and-access-service-limits.
 */
export interface ScimApi {
  answer(exchange: Exchange, route: ScimRoute): Promise<void>
  counts(): { readonly scimBilled: number }
}

const WRITE_WINDOW_MS = 150_000

const NOT_FOUND: Problem = {
  status: 404,
  code: 'ResourceNotFound',
  message: 'The specified resource does not exist in the tenant.',
}
const TAKEN: Problem = {
  status: 409,
  code: 'uniqueness',
  message: 'Another object with the same value for property userPrincipalName already exists.',
}
const PROVIDER_CONFIG = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: 200 },
}

export function createScimApi(settings: Settings, tokens: Tokens, directory: Directory, rows: Rows): ScimApi {
  const writer = createWriter(settings, directory, rows)
  let billed = 0

  /** Microsoft bills answers 2xx and 404. */
  function answerJson(exchange: Exchange, status: number, body: unknown): null {
    billed += 1
    if (body === null) send(exchange, status, null)
    else sendJson(exchange, status, body)
    return null
  }

  function list(exchange: Exchange): Problem | null {
    const found = findUsers(directory, exchange.url.searchParams.get('filter'))
    if (found === null) return badRequest('The filter is not supported.')
    const resources = found.map(scimUser)
    return answerJson(exchange, 200, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      totalResults: resources.length,
      resources,
    })
  }

  async function toUsers(exchange: Exchange): Promise<Problem | null> {
    if (exchange.method === 'GET') return list(exchange)
    if (exchange.method !== 'POST') return WRONG_METHOD
    const user = await writer.create(exchange)
    return 'status' in user ? user : answerJson(exchange, 201, scimUser(user))
  }

  async function toUser(exchange: Exchange, objectId: string): Promise<Problem | null> {
    const { method } = exchange
    if (method === 'PATCH') {
      const changed = await writer.change(exchange, objectId)
      return 'status' in changed ? changed : answerJson(exchange, 204, null)
    }
    if (method !== 'GET' && method !== 'DELETE') return WRONG_METHOD
    const user = directory.byObjectId(objectId)
    if (user === undefined) return NOT_FOUND
    if (method === 'GET') return answerJson(exchange, 200, scimUser(user))
    directory.remove(objectId)
    return answerJson(exchange, 204, null)
  }

  async function act(exchange: Exchange, { resource, objectId }: ScimRoute): Promise<Problem | null> {
    if (resource === 'users') return objectId === undefined ? toUsers(exchange) : toUser(exchange, objectId)
    return exchange.method === 'GET' ? answerJson(exchange, 200, PROVIDER_CONFIG) : WRONG_METHOD
  }

  return {
    async answer(exchange, route) {
      const problem = findRefusal(exchange, settings, tokens) ?? (await act(exchange, route))
      if (problem === null) return
      if (problem.status === 404) billed += 1
      sendScimProblem(exchange, problem)
    },
    counts: () => ({ scimBilled: billed }),
  }
}

/** What changes users; each answers the user as it is now, or why nothing was changed. */
interface Writer {
  create(exchange: Exchange): Promise<DirectoryUser | Problem>
  change(exchange: Exchange, objectId: string): Promise<DirectoryUser | Problem>
}

function createWriter(settings: Settings, directory: Directory, rows: Rows): Writer {
  const validate = createValidation(settings, directory)
  const window = createWindow(settings.limits.userWritesPer150s, WRITE_WINDOW_MS)

  /** What a request writes, or why it is refused before it is looked at further. */
  async function read(
    exchange: Exchange,
    reader: (text: string) => Writes | Fault,
  ): Promise<Writes | Problem> {
    const waitMs = settings.limits.enabled ? window.take(exchange.receivedAt) : 0
    if (waitMs > 0) return throttledFor(waitMs)
    const body = await readBody(exchange.request, 65_536)
    if ('status' in body) return body
    const given = reader(body.text)
    return 'fault' in given ? badRequest(given.fault) : given
  }

  function write(user: DirectoryUser, given: Writes): DirectoryUser | Problem {
    const changed = changedUser(user, given, rows)
    const failure = validate({ user, source: changed.target, target: changed.target })
    if (failure?.code === 'EntryConflict') return TAKEN
    if (failure) return badRequest(failure.reason ?? `${failure.code}.`)
    directory.put(changed)
    return changed
  }

  return {
    create: async (exchange) => {
      const given = await read(exchange, readUser)
      if ('status' in given) return given
      const none = { externalId: undefined, active: true, source: undefined, operations: 0 }
      return write({ ...none, objectId: newObjectId(), target: rows.row(new Map()) }, given)
    },
    change: async (exchange, objectId) => {
      const given = await read(exchange, readPatch)
      if ('status' in given) return given
      const user = directory.byObjectId(objectId)
      return user === undefined ? NOT_FOUND : write(user, given)
    },
  }
}

function findRefusal(exchange: Exchange, settings: Settings, tokens: Tokens): Problem | null {
  const { request, method } = exchange
  const permission = method === 'GET' ? 'User.Read.All' : 'User.ReadWrite.All'
  const refused = tokens.check(exchange, permission)
  if (refused !== null) return refused
  if (settings.scimApi === 'disabled')
    return badRequest(
      `No 'scimapiconsumptions' resource found for TenantId: ${settings.tenantId}. Please ensure 'SCIM Provisioning API' feature is enabled and only one 'scimapiconsumptions' resource exists.`,
    )
  const accept = request.headers.accept ?? ''
  return accept.includes('application/json')
    ? null
    : badRequest('The Accept header for application/json is missing.')
}

/** Null for a filter that the API does not support. Without one, all users: pages are left out. */
function findUsers(directory: Directory, filter: string | null): readonly DirectoryUser[] | null {
  if (filter === null) return [...directory.all()]
  const [, name = '', value = ''] = /^(\w+) eq "([^"]*)"$/.exec(filter) ?? []
  switch (name.toLowerCase()) {
    case 'id':
      return [directory.byObjectId(value) ?? []].flat()
    case 'username':
      return directory.byAttribute('userPrincipalName', value)
    case 'externalid':
      return directory.byAttribute(EXTERNAL_ID, value)
    default:
      return null
  }
}

function changedUser(user: DirectoryUser, given: Writes, rows: Rows): DirectoryUser {
  const target = toMap(user.target)
  for (const [attribute, value] of given)
    if (value === null) target.delete(attribute)
    else target.set(attribute, value)
  return withTarget(user, target, rows)
}

/** An error in the form of SCIM (RFC 7644). */
function sendScimProblem(exchange: Exchange, { status, code, message, headers }: Problem): void {
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:Error']
  const scimType = status === 409 ? { scimType: code } : {}
  sendJson(exchange, status, { schemas, ...scimType, detail: message, status: String(status) }, headers)
}
