import { z } from 'zod'
import { type Directory, type DirectoryUser, withTarget } from '../directory/directory.ts'
import { type Rows, toMap } from '../directory/row.ts'
import { changedAttribute, scimUser } from '../directory/scim-user.ts'
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
 * The SCIM 2.0 API of Entra ID, as far as users are read and changed: `GET /rp/scim/users` with
 * `filter` (`eq` on `id`, `userName` and `externalId`), `GET` and `PATCH /rp/scim/users/{id}`, and
 * `GET /rp/scim/serviceproviderconfig`. Answers are synchronous and name no log record.
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
const PROVIDER_CONFIG = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: 200 },
}

const operation = z.object({
  op: z.string().refine((op) => op.toLowerCase() === 'replace'),
  path: z.string(),
  value: z.union([z.string(), z.boolean()]),
})
/** The reference writes both `Operations` and `operations`. */
const patchSchema = z
  .object({ Operations: z.array(operation).optional(), operations: z.array(operation).optional() })
  .transform((body) => body.Operations ?? body.operations ?? [])

export function createScimApi(settings: Settings, tokens: Tokens, directory: Directory, rows: Rows): ScimApi {
  const writes = createWindow(settings.limits.userWritesPer150s, WRITE_WINDOW_MS)
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

  async function change(exchange: Exchange, objectId: string): Promise<Problem | null> {
    const waitMs = settings.limits.enabled ? writes.take(exchange.receivedAt) : 0
    if (waitMs > 0) return throttledFor(waitMs)
    const body = await readBody(exchange.request, 65_536)
    if ('status' in body) return body
    const operations = readOperations(body.text)
    if (operations === null) return badRequest('The request body is not a supported PatchOp.')
    const user = directory.byObjectId(objectId)
    if (user === undefined) return NOT_FOUND
    directory.put(changedUser(user, operations, rows))
    return answerJson(exchange, 204, null)
  }

  async function act(exchange: Exchange, { resource, objectId }: ScimRoute): Promise<Problem | null> {
    const { method } = exchange
    if (method === 'PATCH' && objectId !== undefined) return change(exchange, objectId)
    if (method !== 'GET') return WRONG_METHOD
    if (resource === 'config') return answerJson(exchange, 200, PROVIDER_CONFIG)
    if (objectId === undefined) return list(exchange)
    const user = directory.byObjectId(objectId)
    return user === undefined ? NOT_FOUND : answerJson(exchange, 200, scimUser(user))
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
      return []
    default:
      return null
  }
}

type Change = z.output<typeof operation>

function readOperations(text: string): readonly Change[] | null {
  try {
    const operations = patchSchema.parse(JSON.parse(text))
    const isKnown = operations.every(isSupported)
    return operations.length > 0 && isKnown ? operations : null
  } catch {
    return null
  }
}

/** `active` is a boolean, and the others are texts. */
function isSupported({ path, value }: Change): boolean {
  const attribute = changedAttribute(path)
  return attribute !== undefined && (attribute === 'accountEnabled') === (typeof value === 'boolean')
}

function changedUser(user: DirectoryUser, operations: readonly Change[], rows: Rows): DirectoryUser {
  const target = toMap(user.target)
  for (const { path, value } of operations) target.set(changedAttribute(path) ?? path, value)
  return withTarget(user, target, rows)
}

/** An error in the form of SCIM (RFC 7644). */
function sendScimProblem(exchange: Exchange, { status, message, headers }: Problem): void {
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:Error']
  sendJson(exchange, status, { schemas, detail: message, status: String(status) }, headers)
}
