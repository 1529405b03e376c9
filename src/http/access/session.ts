import { createHmac, randomBytes } from 'node:crypto'
import { sameSecret } from './token.ts'

/**
 * The session of a browser that gave the token. The cookie holds when it ends, and a seal made with
 * the token, so that every instance with the same token accepts it, a restart ends none, and a new
 * token ends all. The token cannot be derived from it.
 */

/** The prefix makes browsers refuse the cookie from another host, another path or without TLS. */
export const SESSION_COOKIE = '__Host-rollcall'

/** A working day. */
export const SESSION_MS = 8 * 3_600_000

/** The value of a new cookie. */
export function newSession(token: string, now: number): string {
  const content = `${now + SESSION_MS}.${randomBytes(16).toString('hex')}`
  return `${content}.${sealOf(content, token)}`
}

/** Whether the cookie was made with this token and has not ended. */
export function isSession(cookie: string, token: string, now: number): boolean {
  const [, content = '', until = '', seal = ''] =
    /^((\d{1,15})\.[\da-f]{32})\.([\da-f]{64})$/.exec(cookie) ?? []
  return seal !== '' && sameSecret(seal, sealOf(content, token)) && now < Number(until)
}

const sealOf = (content: string, token: string): string =>
  createHmac('sha256', token).update(`console session ${content}`).digest('hex')
