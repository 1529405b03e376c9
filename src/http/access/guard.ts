import type { Context, MiddlewareHandler } from 'hono'
import type { Failures } from './failures.ts'
import { HEADERS } from './headers.ts'
import type { Permission } from './permissions.ts'
import { ruleOf } from './routes.ts'
import type { Visitor } from './visitor.ts'

/** What the guard leaves for the pages: who asks, `null` where a route is open and nobody signed in. */
export interface Guarded {
  readonly Variables: { readonly visitor: Visitor | null }
}

export interface Guarding {
  /** On loopback there is no sign-in: who reaches it is on this machine. */
  readonly loopback: boolean
  readonly failures: Failures
  readonly now: () => number
  readonly identify: (context: Context) => Visitor | null
  /** Answers what the guard refuses. */
  readonly refuse: (context: Context, refusal: Refusal) => Response | Promise<Response>
}

export type Refusal =
  | { readonly status: 404 | 413 | 414 | 415 | 421 }
  | { readonly status: 403; readonly why: 'other-site' | 'form-token' }
  | { readonly status: 403; readonly why: 'permission'; readonly lacks: Permission }
  | { readonly status: 405; readonly allow: string }
  | { readonly status: 401 }
  | { readonly status: 429; readonly waitMs: number }

const LONGEST_URL = 2_000

/** Lets a request through to its page when the table of routes, the sign-in and the permissions allow it. */
export function guard(guarding: Guarding): MiddlewareHandler<Guarded> {
  return async (context, next) => {
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value)
    const visitor = guarding.identify(context)
    context.set('visitor', visitor)
    const refusal = refusalOf(context, visitor, guarding)
    if (refusal === null) return next()
    if (refusal.status === 405) context.header('allow', refusal.allow)
    if (refusal.status === 429) context.header('retry-after', String(Math.ceil(refusal.waitMs / 1_000)))
    return guarding.refuse(context, refusal)
  }
}

function refusalOf(
  context: Context,
  visitor: Visitor | null,
  { loopback, failures, now }: Guarding,
): Refusal | null {
  const { method, path, url } = context.req
  if (url.length > LONGEST_URL) return { status: 414 }
  if (loopback && !isLoopback(new URL(url).hostname)) return { status: 421 }
  const rule = ruleOf(path)
  if (!rule) return { status: 404 }
  const allowed = rule.methods.some((one) => one === method || (one === 'GET' && method === 'HEAD'))
  if (!allowed) return { status: 405, allow: rule.methods.join(', ') }
  if (method === 'POST' && visitor?.by !== 'bearer' && !isFromOwnPage(context))
    return { status: 403, why: 'other-site' }
  const { permission } = rule
  if (permission === 'none') return null
  const address = addressOf(context)
  const waitMs = loopback ? 0 : failures.waitMs(address, now())
  if (waitMs > 0) return { status: 429, waitMs }
  if (visitor?.permissions.has(permission)) return null
  if (visitor !== null) return { status: 403, why: 'permission', lacks: permission }
  if (context.req.header('authorization') !== undefined) failures.add(address, now())
  return { status: 401 }
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

/** The address of the connection. Behind a proxy it is that of the proxy. */
export function addressOf(context: Context): string {
  const { incoming } = (context.env ?? {}) as {
    readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } }
  }
  return incoming?.socket?.remoteAddress ?? ''
}
