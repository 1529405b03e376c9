import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import { ALL_PERMISSIONS, type Permission } from './permissions.ts'
import { isSession, SESSION_COOKIE } from './session.ts'
import { showsToken } from './token.ts'
import { type Actor, seal, type Visitor } from './visitor.ts'

export interface AccessSettings {
  /** On loopback there is no sign-in: who reaches it is on this machine. */
  readonly loopback: boolean
  /** `null` on loopback only. */
  readonly token: string | null
  /** What the token allows. */
  readonly tokenPermissions: ReadonlySet<Permission>
  /** The operating-system user of this process: the actor on loopback. */
  readonly user: string
}

const TOKEN_ACTOR: Actor = { id: 'token', name: 'token' }

/** `null` for a request without a sign-in that holds. `processKey` is new with every process. */
export function visitorOf(
  context: Context,
  { loopback, token, tokenPermissions: permissions, user }: AccessSettings,
  { now, processKey }: { readonly now: number; readonly processKey: string },
): Visitor | null {
  if (loopback)
    return {
      actor: { id: user, name: user },
      permissions: ALL_PERMISSIONS,
      by: 'machine',
      key: processKey,
    }
  if (token === null) return null
  if (showsToken(context.req.header('authorization'), token))
    return { actor: TOKEN_ACTOR, permissions, by: 'bearer', key: null }
  const cookie = getCookie(context, SESSION_COOKIE)
  if (cookie === undefined || !isSession(cookie, token, now)) return null
  return { actor: TOKEN_ACTOR, permissions, by: 'session', key: seal(token, `console visitor ${cookie}`) }
}
