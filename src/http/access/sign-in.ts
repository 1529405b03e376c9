import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { z } from 'zod'
import { addressOf } from './address.ts'
import type { Failures } from './failures.ts'
import type { EntraAccess } from './identify.ts'
import { TOKEN_ACTOR } from './identify.ts'
import { ownPage } from './routes.ts'
import type { Sealer } from './sealed.ts'
import { endOf, newSession, sealSession, type Session, SESSION_COOKIE } from './session.ts'
import { sameSecret } from './token.ts'

const COOKIE = { path: '/', secure: true, httpOnly: true, sameSite: 'Strict' } as const

/**
 * What must be the same when the browser comes back from the tenant. That request comes from
 * another site, so a browser sends with it only a cookie that is `Lax`.
 */
const PENDING_COOKIE = '__Host-rollcall-sign-in'
const PENDING_MS = 600_000
const PENDING = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), to: z.string() })

export type SignIn =
  | { readonly kind: 'signed-in' | 'wrong-token' }
  | { readonly kind: 'wait'; readonly waitMs: number }

export interface SigningIn {
  readonly sealer: Sealer
  readonly now: number
}

/** Starts a session when the form carries the token. A wrong one counts against its address. */
export async function signIn(
  context: Context,
  given: string,
  { token, failures, ...signing }: SigningIn & { readonly token: string; readonly failures: Failures },
): Promise<SignIn> {
  const address = addressOf(context)
  const waitMs = failures.waitMs(address, signing.now)
  if (waitMs > 0) return { kind: 'wait', waitMs }
  if (!sameSecret(given, token)) {
    failures.add(address, signing.now)
    return { kind: 'wrong-token' }
  }
  await setSession(context, newSession(TOKEN_ACTOR, null, signing.now), signing)
  return { kind: 'signed-in' }
}

/** The address at which the tenant signs in. The browser keeps, sealed, what belongs to it. */
export async function beginSignIn(
  context: Context,
  { service }: EntraAccess,
  { sealer, now, to }: SigningIn & { readonly to: string },
): Promise<string> {
  const { address, pending } = await service.begin()
  const sealed = await sealer.seal('sign-in', { ...pending, to: ownPage(to) }, now + PENDING_MS)
  setCookie(context, PENDING_COOKIE, sealed, { ...COOKIE, sameSite: 'Lax', maxAge: PENDING_MS / 1_000 })
  return address
}

/**
 * Starts the session of a visitor who came back from the tenant; returns the page to go to. `null`
 * when this browser did not begin the sign-in, or began it too long ago. Each sign-in can be
 * finished once: its cookie is removed, and the tenant accepts its code once. Rejects with
 * `SignInRefused`.
 */
export async function finishSignIn(
  context: Context,
  { service, roles }: EntraAccess,
  { sealer, now }: SigningIn,
): Promise<string | null> {
  const cookie = getCookie(context, PENDING_COOKIE) ?? ''
  deleteCookie(context, PENDING_COOKIE, { ...COOKIE, sameSite: 'Lax' })
  const { data: pending } = PENDING.safeParse(await sealer.open('sign-in', cookie, now))
  if (pending === undefined) return null
  const signedIn = await service.finish(new URL(context.req.url).searchParams, pending)
  // Roles that give nothing here would only make the cookie larger.
  const useful = signedIn.roles.filter((name) => Object.hasOwn(roles, name))
  const actor = { id: signedIn.id, name: signedIn.name }
  await setSession(context, newSession(actor, useful, now), { sealer, now })
  return ownPage(pending.to)
}

export async function setSession(
  context: Context,
  session: Session,
  { sealer, now }: SigningIn,
): Promise<void> {
  const maxAge = Math.max(0, Math.floor((endOf(session) - now) / 1_000))
  setCookie(context, SESSION_COOKIE, await sealSession(sealer, session), { ...COOKIE, maxAge })
}

export function signOut(context: Context): void {
  deleteCookie(context, SESSION_COOKIE, COOKIE)
}
