import type { ReadAnswer } from '../../core/intake/hydrate/loop.ts'

export interface AccessToken {
  readonly text: string
  /** How long it is valid from the moment it was requested. `null` when the server does not say. */
  readonly lifetimeMs: number | null
}

/** There is no token. `answer` is what the read that needs it answers. */
export class NoAccessToken extends Error {
  readonly answer: Extract<ReadAnswer, { readonly kind: 'later' }>
  constructor(answer: Extract<ReadAnswer, { readonly kind: 'later' }>) {
    super('there is no access token')
    this.answer = answer
  }
}

/** Tokens of one client, shared by all reads of one source. */
export interface Tokens {
  /** A token to send. Rejects with `NoAccessToken`, or with the reason of `signal`. */
  current(signal: AbortSignal): Promise<string>
  /**
   * The HR system answered 401 to this token. Whether the next call of `current` gives another one,
   * so that the request is worth sending again.
   */
  replace(token: string): boolean
  /**
   * The HR system answered 401 to a token that had just replaced another. New ones wait, longer
   * each time.
   */
  refusedAgain(): void
  /** The HR system took a token. */
  accepted(): void
}

export interface TokenSettings {
  /**
   * Requests one token. Rejects with `NoAccessToken` when the server gives none. Bounded in time.
   */
  readonly request: (signal: AbortSignal) => Promise<AccessToken>
  /** A token is replaced this long before it expires, or at half of its life if that is later. */
  readonly leewayMs: number
  readonly now: () => number
}

/** Used when the server does not say how long a token is valid. */
const UNSAID_LIFETIME_MS = 3_600_000
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 300_000

/**
 * Keeps one token until shortly before it expires. Reads that need one at the same time share one
 * request. After a failure the next request waits, longer each time. Until then a token that is
 * still valid is used; without one, every read fails at once.
 */
export function tokenCache(settings: TokenSettings): Tokens {
  const { now, request, leewayMs } = settings
  let held: { readonly text: string; readonly replaceAt: number; readonly expiresAt: number } | null = null
  let failed: { readonly error: NoAccessToken; readonly count: number; readonly until: number } | null = null
  let refusals = { count: 0, until: 0 }

  const renew = async (signal: AbortSignal): Promise<string> => {
    const asked = now()
    try {
      const { text, lifetimeMs } = await request(signal)
      const lifetime = lifetimeMs ?? UNSAID_LIFETIME_MS
      const leeway = Math.min(leewayMs, lifetime / 2)
      held = { text, replaceAt: asked + lifetime - leeway, expiresAt: asked + lifetime }
      failed = null
      return text
    } catch (error) {
      if (!(error instanceof NoAccessToken)) throw error
      const count = (failed?.count ?? 0) + 1
      const waitMs = Math.max(error.answer.afterMs ?? 0, waitAfter(count))
      failed = { error, count, until: now() + waitMs }
      if (held !== null && held.expiresAt > now()) return held.text
      throw new NoAccessToken({ ...error.answer, afterMs: waitMs })
    }
  }
  const shared = sharedRequest(renew)

  return {
    current: async (signal) => {
      if (held !== null && now() < held.replaceAt) return held.text
      if (failed === null || now() >= failed.until) return shared(signal)
      if (held !== null && now() < held.expiresAt) return held.text
      throw new NoAccessToken({ ...failed.error.answer, afterMs: failed.until - now() })
    },
    replace: (token) => {
      if (held !== null && held.text !== token) return true
      if (now() < refusals.until) return false
      held = null
      return true
    },
    refusedAgain: () => {
      const count = refusals.count + 1
      refusals = { count, until: now() + waitAfter(count) }
    },
    accepted: () => {
      refusals = { count: 0, until: 0 }
    },
  }
}

function waitAfter(failures: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1))
}

/** Callers at the same time get one request. It is cut short when none of them waits any longer. */
function sharedRequest<T>(request: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let running: { readonly answer: Promise<T>; readonly cut: AbortController; waiting: number } | null = null
  return async (signal) => {
    signal.throwIfAborted()
    if (running === null) {
      const cut = new AbortController()
      const mine = { answer: request(cut.signal).finally(() => forget(mine)), cut, waiting: 0 }
      const forget = (one: typeof mine): void => {
        if (running === one) running = null
      }
      running = mine
    }
    const joined = running
    joined.waiting += 1
    const leave = (): void => {
      joined.waiting -= 1
      if (joined.waiting > 0) return
      if (running === joined) running = null
      joined.cut.abort()
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const abort = (): void => {
      leave()
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    joined.answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    return promise
  }
}
