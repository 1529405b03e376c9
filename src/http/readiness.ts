import type { Ledger } from '../core/ledger/ledger.ts'

export type Answer = 'ok' | 'failed'
export interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, Answer>>
}

/** A ledger that does not answer within this is not there. */
const PATIENCE_MS = 2_000
/** Asking more often than this gets the same answer. */
const FRESH_MS = 1_000

/**
 * Whether this instance can do its work now: the ledger answers, and where it takes messages in,
 * its receivers are open and not cut off (`receiving` is `null` where it takes none). Entra is not
 * asked: an outage there is waited out, and starting anew would not help.
 */
export function readiness(
  ledger: Pick<Ledger, 'ping'>,
  receiving: (() => boolean) | null,
  now: () => number,
): () => Promise<Readiness> {
  return shared(FRESH_MS, now, async () => {
    const checks: Record<string, Answer> = { ledger: (await answers(ledger)) ? 'ok' : 'failed' }
    if (receiving) checks['receivers'] = receiving() ? 'ok' : 'failed'
    return { ready: Object.values(checks).every((check) => check === 'ok'), checks }
  })
}

async function answers(ledger: Pick<Ledger, 'ping'>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, PATIENCE_MS, false)))
  try {
    return await Promise.race([
      ledger.ping().then(
        () => true,
        () => false,
      ),
      late,
    ])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * One at a time, and its answer for a while: however often somebody asks, the work is done at this
 * pace.
 */
export function shared<T>(freshMs: number, now: () => number, work: () => Promise<T>): () => Promise<T> {
  let last: { readonly answer: Promise<T>; readonly at: number } | null = null
  let busy = false
  return () => {
    if (last && (busy || Math.abs(now() - last.at) < freshMs)) return last.answer
    busy = true
    const answer = work().finally(() => (busy = false))
    last = { answer, at: now() }
    return answer
  }
}
