import type { Context, MiddlewareHandler } from 'hono'
import { type Permission, rolesWith } from '../../config/console/permissions.ts'
import { RollcallError } from '../../core/errors.ts'
import { addressOf } from './address.ts'
import type { Failures } from './failures.ts'
import { HEADERS } from './headers.ts'
import type { Identified, Identifier } from './identify.ts'
import { ruleOf } from './routes.ts'
import { seenAgain, type Session } from './session.ts'
import { setSession } from './sign-in.ts'
import type { Visitor } from './visitor.ts'

/**
 * What the guard leaves for the pages: the visitor; `null` where a route is open and the visitor
 * has not signed in.
 */
export interface Guarded {
  readonly Variables: { readonly visitor: Visitor | null }
}

export interface Guarding {
  /** No sign-in, because every visitor of the console is on this machine. */
  readonly open: boolean
  readonly failures: Failures
  readonly now: () => number
  readonly identifier: Identifier
  /** Answers what the guard refuses. */
  readonly refuse: (context: Context, refusal: Refusal) => Response | Promise<Response>
}

export type Refusal =
  | { readonly status: 404 | 413 | 414 | 415 | 421 | 503 }
  | { readonly status: 403; readonly why: 'other-site' | 'form-token' }
  | {
      readonly status: 403
      readonly why: 'permission'
      readonly lacks: Permission
      /** App roles that give it; `null` without a sign-in with Entra ID. */
      readonly roles: readonly string[] | null
    }
  | { readonly status: 405; readonly allow: string }
  | { readonly status: 401 }
  | { readonly status: 429; readonly waitMs: number }

const LONGEST_URL = 2_000
/**
 * An open page reloads itself with this header; such a request does not count as a sign of a
 * visitor.
 */
const REFRESH_HEADER = 'rollcall-refresh'

/**
 * Lets a request through to its page when the table of routes, the sign-in and the permissions
 * allow it.
 */
export function guard(guarding: Guarding): MiddlewareHandler<Guarded> {
  return async (context, next) => {
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value)
    const result = await examined(context, guarding)
    if ('status' in result) {
      if (result.status === 405) context.header('allow', result.allow)
      if (result.status === 429) context.header('retry-after', String(Math.ceil(result.waitMs / 1_000)))
      return guarding.refuse(context, result)
    }
    context.set('visitor', result.visitor)
    if (result.session !== null) await renew(context, result.session, guarding)
    return next()
  }
}

type Let = Identified | { readonly visitor: null; readonly session: null }

async function examined(context: Context, guarding: Guarding): Promise<Refusal | Let> {
  const refusal = beforeSignIn(context, guarding)
  if (refusal !== null) return refusal
  try {
    const now = guarding.now()
    return afterSignIn(context, await guarding.identifier.identify(context, now), guarding)
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'SignInUnavailable') return { status: 503 }
    throw error
  }
}

function beforeSignIn(context: Context, { open, failures, now }: Guarding): Refusal | null {
  const { method, path, url } = context.req
  if (url.length > LONGEST_URL) return { status: 414 }
  const at = URL.parse(url)
  // A host that is not a name, such as a number that is not an address.
  if (at === null || (open && !isLoopback(at.hostname))) return { status: 421 }
  const rule = ruleOf(path)
  if (!rule) return { status: 404 }
  const allowed = rule.methods.some((one) => one === method || (one === 'GET' && method === 'HEAD'))
  if (!allowed) return { status: 405, allow: rule.methods.join(', ') }
  if (open || context.req.header('authorization') === undefined) return null
  const waitMs = failures.waitMs(addressOf(context), now())
  return waitMs > 0 ? { status: 429, waitMs } : null
}

function afterSignIn(
  context: Context,
  identified: Identified | null,
  { failures, now }: Guarding,
): Refusal | Let {
  const { method, path } = context.req
  const permission = ruleOf(path)?.permission ?? 'none'
  const visitor = identified?.visitor ?? null
  if (method === 'POST' && visitor?.by !== 'bearer' && !isFromOwnPage(context))
    return { status: 403, why: 'other-site' }
  if (permission === 'none') return identified ?? { visitor: null, session: null }
  if (identified === null) {
    if (context.req.header('authorization') !== undefined) failures.add(addressOf(context), now())
    return { status: 401 }
  }
  if (identified.visitor.permissions.has(permission)) return identified
  const { roles } = identified.visitor
  return {
    status: 403,
    why: 'permission',
    lacks: permission,
    roles: roles && rolesWith(permission, roles),
  }
}

async function renew(
  context: Context,
  session: Session,
  { identifier: { sealer }, now }: Guarding,
): Promise<void> {
  const at = now()
  const again = context.req.header(REFRESH_HEADER) === undefined ? seenAgain(session, at) : null
  if (again !== null && ruleOf(context.req.path)?.permission !== 'none')
    await setSession(context, again, { sealer, now: at })
}

/** A page of another site cannot have this machine look itself up under a name of its own. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

/** Browsers say where a form comes from, and a page cannot change what they say. */
function isFromOwnPage({ req }: Context): boolean {
  const site = req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const origin = URL.parse(req.header('origin') ?? '')
  return origin !== null && origin.host === new URL(req.url).host
}
