import { randomUUID } from 'node:crypto'
import { ALL_PERMISSIONS, type Settings } from '../settings.ts'
import type { Problem } from './exchange.ts'

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
  /** Why the bearer of this header may not do what takes this permission; undefined when it may. */
  check(authorization: string | undefined, permission: string, now: number): Problem | undefined
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
}

export function createTokens(settings: Settings): Tokens {
  const grants = new Map<string, Grant>()

  function refuse(
    status: 400 | 401,
    error: string,
    code: number,
    description: string,
    now: number,
  ): TokenAnswer {
    const at = new Date(now).toISOString()
    const trace = { trace_id: randomUUID(), correlation_id: randomUUID() }
    const text = `AADSTS${code}: ${description} Trace ID: ${trace.trace_id} Correlation ID: ${trace.correlation_id} Timestamp: ${at}`
    return { status, body: { error, error_description: text, error_codes: [code], timestamp: at, ...trace } }
  }

  function permissionsOf(clientId: string, form: URLSearchParams): readonly string[] | 'unknown' | 'secret' {
    const secret = form.get('client_secret')
    const hasSecret = (secret !== null && secret !== '') || form.has('client_assertion')
    if (settings.clients === undefined) return hasSecret ? ALL_PERMISSIONS : 'secret'
    const client = settings.clients.find((known) => known.clientId === clientId)
    if (client === undefined) return 'unknown'
    const isRight = client.clientSecret === undefined ? hasSecret : client.clientSecret === secret
    return isRight ? client.permissions : 'secret'
  }

  return {
    issue(form, now) {
      if (form.get('grant_type') !== 'client_credentials') {
        return refuse(
          400,
          'unsupported_grant_type',
          70003,
          'The app requested an unsupported grant type.',
          now,
        )
      }
      const clientId = form.get('client_id') ?? ''
      if (clientId === '')
        return refuse(
          400,
          'invalid_request',
          900144,
          "The request body must contain the following parameter: 'client_id'.",
          now,
        )
      if (form.get('scope')?.endsWith('/.default') !== true) {
        return refuse(
          400,
          'invalid_scope',
          1002012,
          'The provided value for scope is not valid. Client credential flows must have a scope ending in /.default.',
          now,
        )
      }
      const permissions = permissionsOf(clientId, form)
      if (permissions === 'unknown')
        return refuse(
          400,
          'unauthorized_client',
          700016,
          `Application with identifier '${clientId}' was not found.`,
          now,
        )
      if (permissions === 'secret')
        return refuse(401, 'invalid_client', 7000215, 'Invalid client secret provided.', now)
      for (const [token, { expiresAt }] of grants) {
        if (expiresAt > now) break
        grants.delete(token)
      }
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
    check(authorization, permission, now) {
      const token = /^bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1]
      if (token === undefined) return unauthenticated('Access token is empty.')
      if (settings.allowedTokens?.includes(token) === false)
        return unauthenticated('Access token validation failure. Invalid audience.')
      const grant = grants.get(token)
      if (grant === undefined)
        return settings.tokens === 'any'
          ? undefined
          : unauthenticated('Access token validation failure. Invalid audience.')
      if (grant.expiresAt <= now) return unauthenticated('Lifetime validation failed, the token is expired.')
      const enough = [permission, ...(EQUIVALENTS[permission] ?? [])]
      return enough.some((name) => grant.permissions.includes(name)) ? undefined : FORBIDDEN
    },
  }
}

/** Three parts like a JWT, with a signature that verifies nowhere. */
function tokenText(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ typ: 'JWT', alg: 'none' })}.${part(claims)}.${Buffer.from('unsigned').toString('base64url')}`
}
