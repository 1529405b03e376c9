import type { Context, MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'
import type { Failures } from './failures.ts'
import { HEADERS } from './headers.ts'
import { ruleOf } from './routes.ts'
import { isSession, SESSION_COOKIE } from './session.ts'
import { showsToken } from './token.ts'

export interface AccessSettings {
  /** On loopback there is no sign-in: who reaches it is on this machine. */
  readonly loopback: boolean
  /** `null` on loopback only. */
  readonly token: string | null
}

export interface Guarding {
  readonly settings: AccessSettings
  readonly failures: Failures
  readonly now: () => number
  /** Answers what the guard refuses. */
  readonly refuse: (context: Context, refusal: Refusal) => Response | Promise<Response>
}

export type Refusal =
  | { readonly status: 404 | 413 | 414 | 421 }
  | { readonly status: 403; readonly why: 'other-site' }
  | { readonly status: 405; readonly allow: string }
  | { readonly status: 401 }
  | { readonly status: 429; readonly waitMs: number }

const LONGEST_URL = 2_000

/** Lets a request through to its page when the table of routes and the sign-in allow it. */
export function guard({ settings, failures, now, refuse }: Guarding): MiddlewareHandler {
  return async (context, next) => {
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value)
    const refusal = refusalOf(context, { settings, failures, now: now() })
    if (refusal === null) return next()
    if (refusal.status === 405) context.header('allow', refusal.allow)
    if (refusal.status === 429) context.header('retry-after', String(Math.ceil(refusal.waitMs / 1_000)))
    return refuse(context, refusal)
  }
}

interface Asked {
  readonly settings: AccessSettings
  readonly failures: Failures
  readonly now: number
}

function refusalOf(context: Context, { settings, failures, now }: Asked): Refusal | null {
  const { method, path, url } = context.req
  if (url.length > LONGEST_URL) return { status: 414 }
  if (settings.loopback && !isLoopback(new URL(url).hostname)) return { status: 421 }
  const rule = ruleOf(path)
  if (!rule) return { status: 404 }
  const allowed = rule.methods.some((one) => one === method || (one === 'GET' && method === 'HEAD'))
  if (!allowed) return { status: 405, allow: rule.methods.join(', ') }
  if (method === 'POST' && !isFromOwnPage(context)) return { status: 403, why: 'other-site' }
  if (rule.permission === 'none' || settings.loopback) return null
  const address = addressOf(context)
  const waitMs = failures.waitMs(address, now)
  if (waitMs > 0) return { status: 429, waitMs }
  if (isSignedIn(context, settings.token, now)) return null
  if (context.req.header('authorization') !== undefined) failures.add(address, now)
  return { status: 401 }
}

function isSignedIn(context: Context, token: string | null, now: number): boolean {
  if (token === null) return false
  const cookie = getCookie(context, SESSION_COOKIE)
  return (
    showsToken(context.req.header('authorization'), token) ||
    (cookie !== undefined && isSession(cookie, token, now))
  )
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
