import { randomUUID } from 'node:crypto'
import { ALL_PERMISSIONS, type Settings } from '../settings.ts'
import type { Exchange, Problem } from './exchange.ts'

/** What the token endpoint answers. */
export type TokenAnswer =
  | {
      readonly status: 200
      readonly body: {
        readonly token_type: 'Bearer'
        readonly expires_in: number
        readonly ext_expires_in: number
        readonly access_token: string
      }
    }
  | { readonly status: 400 | 401; readonly body: Readonly<Record<string, unknown>> }

export interface Tokens {
  /** The client-credentials grant. `form` is the request's body. */
  issue(form: URLSearchParams, now: number): TokenAnswer
  /** Why the caller may not do what takes this permission; null when it may. */
  check(exchange: Exchange, permission: string): Problem | null
}

interface Grant {
  readonly permissions: readonly string[]
  readonly expiresAt: number
}

const unauthenticated = (message: string): Problem => ({
  status: 401,
  code: 'InvalidAuthenticationToken',
  message,
})
const WRONG_AUDIENCE = unauthenticated('Access token validation failure. Invalid audience.')
const FORBIDDEN: Problem = {
  status: 403,
  code: 'Authorization_RequestDenied',
  message: 'Insufficient privileges to complete the operation.',
}

/** Permissions that stand for another: the older ones, and the one for an application's own job. */
const EQUIVALENTS: Readonly<Record<string, readonly string[]>> = {
  'SynchronizationData-User.Upload': ['SynchronizationData-User.Upload.OwnedBy'],
  'ProvisioningLog.Read.All': ['AuditLog.Read.All'],
  'Synchronization.Read.All': ['Synchronization.ReadWrite.All'],
  'SynchronizationMetadata.Read.OwnedBy': [
    'SynchronizationMetadata.Read.All',
    'SynchronizationMetadata.ReadWrite.OwnedBy',
    'SynchronizationMetadata.ReadWrite.All',
  ],
  'User.Read.All': ['User.ReadWrite.All', 'Directory.Read.All'],
}

export function createTokens(settings: Settings): Tokens {
  const grants = new Map<string, Grant>()
  return {
    issue(form, now) {
      const refusal = findFault(form) ?? findUnknownClient(settings, form)
      if (refusal !== null) return refuse(refusal, now)
      forgetExpired(grants, now)
      const permissions = permissionsOf(settings, form)
      const clientId = form.get('client_id') ?? ''
      const token = tokenText({
        aud: 'https://graph.microsoft.com',
        appid: clientId,
        tid: settings.tenantId,
        roles: permissions,
        jti: randomUUID(),
      })
      grants.set(token, { permissions, expiresAt: now + settings.tokenLifetimeMs })
      const seconds = Math.floor(settings.tokenLifetimeMs / 1000)
      return {
        status: 200,
        body: { token_type: 'Bearer', expires_in: seconds, ext_expires_in: seconds, access_token: token },
      }
    },
    check({ request, receivedAt }, permission) {
      const token = /^bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1]
      if (token === undefined) return unauthenticated('Access token is empty.')
      if (settings.allowedTokens?.includes(token) === false) return WRONG_AUDIENCE
      const grant = grants.get(token)
      if (grant === undefined) return settings.tokens === 'any' ? null : WRONG_AUDIENCE
      if (grant.expiresAt <= receivedAt)
        return unauthenticated('Lifetime validation failed, the token is expired.')
      const enough = [permission, ...(EQUIVALENTS[permission] ?? [])]
      return enough.some((name) => grant.permissions.includes(name)) ? null : FORBIDDEN
    },
  }
}

/** Why a request for a token is refused, with the number of its `AADSTS` text. */
interface Refusal {
  readonly status: 400 | 401
  readonly error: string
  readonly code: number
  readonly description: string
}

/** What is wrong with the form itself. */
function findFault(form: URLSearchParams): Refusal | null {
  if (form.get('grant_type') !== 'client_credentials')
    return {
      status: 400,
      error: 'unsupported_grant_type',
      code: 70003,
      description: 'The app requested an unsupported grant type.',
    }
  if ((form.get('client_id') ?? '') === '')
    return {
      status: 400,
      error: 'invalid_request',
      code: 900144,
      description: "The request body must contain the following parameter: 'client_id'.",
    }
  if (form.get('scope')?.endsWith('/.default') !== true)
    return {
      status: 400,
      error: 'invalid_scope',
      code: 1002012,
      description:
        'The provided value for scope is not valid. Client credential flows must have a scope ending in /.default.',
    }
  return null
}

function findUnknownClient({ clients }: Settings, form: URLSearchParams): Refusal | null {
  const clientId = form.get('client_id')
  const client = clients?.find((known) => known.clientId === clientId)
  if (clients !== undefined && client === undefined)
    return {
      status: 400,
      error: 'unauthorized_client',
      code: 700016,
      description: `Application with identifier '${clientId}' was not found.`,
    }
  const secret = form.get('client_secret')
  const hasSecret = (secret !== null && secret !== '') || form.has('client_assertion')
  const isRight = client?.clientSecret === undefined ? hasSecret : client.clientSecret === secret
  return isRight
    ? null
    : {
        status: 401,
        error: 'invalid_client',
        code: 7000215,
        description: 'Invalid client secret provided.',
      }
}

function permissionsOf({ clients }: Settings, form: URLSearchParams): readonly string[] {
  const client = clients?.find(({ clientId }) => clientId === form.get('client_id'))
  return client?.permissions ?? ALL_PERMISSIONS
}

function refuse({ status, error, code, description }: Refusal, now: number): TokenAnswer {
  const at = new Date(now).toISOString()
  const trace = { trace_id: randomUUID(), correlation_id: randomUUID() }
  const text = `AADSTS${code}: ${description} Trace ID: ${trace.trace_id} Correlation ID: ${trace.correlation_id} Timestamp: ${at}`
  return { status, body: { error, error_description: text, error_codes: [code], timestamp: at, ...trace } }
}

/** Grants are in the order in which they expire. */
function forgetExpired(grants: Map<string, Grant>, now: number): void {
  for (const [token, { expiresAt }] of grants) {
    if (expiresAt > now) return
    grants.delete(token)
  }
}

/** Three parts like a JWT, with a signature that verifies nowhere. */
function tokenText(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ typ: 'JWT', alg: 'none' })}.${part(claims)}.${Buffer.from('unsigned').toString('base64url')}`
}
