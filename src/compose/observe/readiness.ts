import type { Ledger } from '../../core/ledger/ledger.ts'

export type Answer = 'ok' | 'failed'
export interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, Answer>>
}

/** A ledger that does not answer within this time is not available. */
const PATIENCE_MS = 2_000
/** More frequent requests get the same answer. */
const FRESH_MS = 1_000

/**
 * Whether this instance can work now: the ledger answers, and its receivers are open and connected
 * (`receiving` is `null` for an instance that receives nothing). Entra is not checked: the
 * connector waits until an outage is over, and a restart would not help.
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
 * Does the work once at a time, and returns its answer to everyone who asks until it is `freshMs`
 * old.
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
