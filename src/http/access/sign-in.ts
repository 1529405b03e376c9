import type { Context } from 'hono'
import { deleteCookie, setCookie } from 'hono/cookie'
import type { Failures } from './failures.ts'
import { addressOf } from './guard.ts'
import { newSession, SESSION_COOKIE, SESSION_MS } from './session.ts'
import { sameSecret } from './token.ts'

const COOKIE = { path: '/', secure: true, httpOnly: true, sameSite: 'Strict' } as const

export type SignIn =
  | { readonly kind: 'signed-in' | 'wrong-token' }
  | { readonly kind: 'wait'; readonly waitMs: number }

/** Starts a session when the form carries the token. A wrong one counts against its address. */
export function signIn(
  context: Context,
  given: string,
  { token, failures, now }: { readonly token: string; readonly failures: Failures; readonly now: number },
): SignIn {
  const address = addressOf(context)
  const waitMs = failures.waitMs(address, now)
  if (waitMs > 0) return { kind: 'wait', waitMs }
  if (!sameSecret(given, token)) {
    failures.add(address, now)
    return { kind: 'wrong-token' }
  }
  setCookie(context, SESSION_COOKIE, newSession(token, now), { ...COOKIE, maxAge: SESSION_MS / 1_000 })
  return { kind: 'signed-in' }
}

export function signOut(context: Context): void {
  deleteCookie(context, SESSION_COOKIE, COOKIE)
}
