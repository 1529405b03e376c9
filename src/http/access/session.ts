import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Sealer } from './sealed.ts'
import type { Actor } from '../../core/actor.ts'

/**
 * The session of a browser that signed in. Its cookie holds all of it, so that every instance takes
 * it and a restart ends none. It cannot be revoked before it expires, so its lifetime is short.
 */
export interface Session {
  readonly id: string
  readonly actor: Actor
  /** App roles of the tenant; `null` after a sign-in with the token of `HTTP_TOKEN`. */
  readonly roles: readonly string[] | null
  readonly startedAt: number
  /** When a page was asked for last, give or take `SEEN_MS`. */
  readonly seenAt: number
}

/** The prefix makes browsers refuse the cookie from another host, another path or without TLS. */
export const SESSION_COOKIE = '__Host-rollcall'

/** A working day. */
export const SESSION_MS = 8 * 3_600_000
/** A browser that asks for no page is signed out after this time. */
export const IDLE_MS = 3_600_000
/** More often than this a cookie is not renewed. */
const SEEN_MS = 60_000

const SESSION = z.object({
  id: z.string(),
  actor: z.object({ id: z.string(), name: z.string() }),
  roles: z.array(z.string()).nullable(),
  startedAt: z.number(),
  seenAt: z.number(),
})

export const newSession = (actor: Actor, roles: Session['roles'], now: number): Session => ({
  id: randomUUID(),
  actor,
  roles,
  startedAt: now,
  seenAt: now,
})

export function sealSession(sealer: Sealer, session: Session): Promise<string> {
  return sealer.seal('session', { ...session }, endOf(session))
}

/** `null` for a cookie that was not sealed here, or has expired. */
export async function openSession(sealer: Sealer, cookie: string, now: number): Promise<Session | null> {
  const { data: session } = SESSION.safeParse(await sealer.open('session', cookie, now))
  return session !== undefined && now < session.seenAt + IDLE_MS ? session : null
}

/** The same session, seen now; `null` while the cookie need not be written again. */
export const seenAgain = (session: Session, now: number): Session | null =>
  now < session.seenAt + SEEN_MS ? null : { ...session, seenAt: now }

export const endOf = ({ startedAt }: Session): number => startedAt + SESSION_MS
