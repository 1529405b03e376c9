import type { Exchange } from './exchange.ts'

/** Null for a token that is not of the list with this letter. */
export function readToken(letter: string, token: string): number | null {
  const text = Buffer.from(token, 'base64url').toString('latin1')
  const digits = text.startsWith(letter) ? text.slice(letter.length) : ''
  return /^\d{1,15}$/.test(digits) ? Number(digits) : null
}

/** The request once more, for the list with this letter from a position on. */
export function nextLink({ origin, url }: Exchange, letter: string, position: number): string {
  const token = Buffer.from(`${letter}${position}`).toString('base64url')
  const kept = [...url.searchParams]
    .filter(([name]) => name !== '$skiptoken')
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `${origin}${url.pathname}?${[...kept, `$skiptoken=${token}`].join('&')}`
}
