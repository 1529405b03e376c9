import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Takes the same time for every text, so that the time does not reveal the length or the beginning
 * of the secret.
 */
export function sameSecret(given: string, secret: string): boolean {
  return timingSafeEqual(digest(given), digest(secret))
}

/** Whether an `Authorization` header carries the token. False without a token. */
export function showsToken(authorization: string | null | undefined, token: string | null): boolean {
  if (token === null || authorization === null || authorization === undefined) return false
  return sameSecret(authorization, `Bearer ${token}`)
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
