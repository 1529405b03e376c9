import type { Ledger } from './ledger.ts'
import { describeError, type Runtime } from '../runtime.ts'
import type { Service, WakeableService } from '../service.ts'

export interface LeaseSettings {
  /** Unique to this run of this instance. */
  readonly owner: string
  /** After this long, another instance takes over from one that has ended, hangs or is cut off. */
  readonly leaseMs: number
}

/** A service that may or may not rest between turns. */
export type StartableService = Service & Partial<WakeableService>
/** How often a lease is renewed within its length. */
const RENEWALS = 3
const RELEASE_MS = 3_000

/**
 * A service that runs in one instance at a time. Each instance asks the ledger for the lease of
 * that name. The instance that gets it creates the service and renews the lease while the service
 * runs; if it cannot renew in time, it stops the service before another instance starts. An orderly
 * end releases the lease at once.
 *
 * A suspended instance may resume in the middle of a turn after another instance has started, so no
 * turn may rely on the lease for the safety of its writes.
 */
export function leased(
  name: string,
  ledger: Pick<Ledger, 'takeLease'>,
  { owner, leaseMs }: LeaseSettings,
  runtime: Runtime,
  create: () => StartableService,
): WakeableService {
  const lease = leaseOf(name, ledger, { owner, leaseMs }, runtime)
  const stopping = new AbortController()
  let current: StartableService | null = null
  let running: Promise<void> | null = null

  const hold = async (first: number): Promise<void> => {
    const service = create()
    current = service
    const over = new AbortController()
    const work = service.run().finally(() => over.abort())
    work.catch(() => {})
    try {
      await keepRenewed({ name, lease, leaseMs, runtime }, first, stopping.signal, over.signal)
    } finally {
      current = null
      await service.stop()
      await work
    }
  }

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const until = await lease.acquire(leaseMs, stopping.signal).catch(() => null)
      if (until === null) {
        await runtime.sleep(leaseMs / RENEWALS, stopping.signal)
        continue
      }
      runtime.log.info('lease.taken', { name })
      await hold(until)
    }
    // Also when the last request was not answered: it may have been granted.
    await lease.release()
  }
  return {
    run: () => (running ??= run()),
    stop: async () => {
      stopping.abort()
      await running
    },
    wake: () => current?.wake?.(),
  }
}

interface Renewal {
  readonly name: string
  readonly lease: Lease
  readonly leaseMs: number
  readonly runtime: Runtime
}

/** Renews a lease that ends at `first`. Returns when a signal aborts, or when the lease is lost. */
async function keepRenewed(
  { name, lease, leaseMs, runtime }: Renewal,
  first: number,
  stopping: AbortSignal,
  over: AbortSignal,
): Promise<void> {
  let until = first
  const ended = AbortSignal.any([stopping, over])
  while (!ended.aborted) {
    await runtime.sleep(leaseMs / RENEWALS, ended)
    if (ended.aborted) return
    const left = until - runtime.now()
    try {
      const renewed = left > 0 ? await lease.acquire(left, stopping) : null
      if (renewed === null)
        return runtime.log.warn('lease.lost', { name, what: 'another instance has the lease now' })
      until = renewed
    } catch (error) {
      if (stopping.aborted) return
      if (until <= runtime.now()) return runtime.log.warn('lease.lapsed', { ...describeError(error), name })
    }
  }
}

/**
 * Does `work` while holding the lease of that name; `null` when another owner holds it. The signal
 * aborts when the lease cannot be renewed. The lease is released when `work` ends. Rejects with the
 * error of `work` or of the ledger.
 */
export async function whileLeased<T>(
  name: string,
  ledger: Pick<Ledger, 'takeLease'>,
  settings: LeaseSettings,
  runtime: Pick<Runtime, 'now' | 'sleep'>,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const { leaseMs } = settings
  const lease = leaseOf(name, ledger, settings, runtime)
  const first = await lease.acquire(leaseMs)
  if (first === null) return null
  const over = new AbortController()
  const lost = new AbortController()
  const keep = async (): Promise<void> => {
    for (let until = first; ;) {
      await runtime.sleep(leaseMs / RENEWALS, over.signal)
      if (over.signal.aborted) return
      const left = until - runtime.now()
      const renewed = left > 0 ? await lease.acquire(left).catch(() => until) : null
      if (renewed === null || renewed <= runtime.now()) return lost.abort()
      until = renewed
    }
  }
  const keeping = keep()
  try {
    return await work(lost.signal)
  } finally {
    over.abort()
    await keeping
    if (!lost.signal.aborted) await lease.release()
  }
}

interface Lease {
  /**
   * When the lease ends, or `null` when another owner holds it. Rejects when the ledger does not
   * answer within `withinMs` or before `stop`.
   */
  acquire(withinMs: number, stop?: AbortSignal): Promise<number | null>
  /** Bounded in time, because it is optional: without it the lease ends later. */
  release(): Promise<void>
}

function leaseOf(
  name: string,
  ledger: Pick<Ledger, 'takeLease'>,
  { owner, leaseMs }: LeaseSettings,
  runtime: Pick<Runtime, 'now' | 'sleep'>,
): Lease {
  return {
    acquire: async (withinMs, stop) => {
      const now = runtime.now()
      const late = new AbortController()
      const endWait = (): void => late.abort('answered')
      const asked = ledger.takeLease({ name, owner, now, leaseMs })
      if (stop?.aborted) endWait()
      stop?.addEventListener('abort', endWait)
      const answer = await Promise.race([
        asked,
        runtime.sleep(withinMs, late.signal).then(() => 'late' as const),
      ]).finally(() => {
        stop?.removeEventListener('abort', endWait)
        endWait()
      })
      if (answer === 'late') {
        asked.catch(() => {})
        throw new Error('the ledger does not answer')
      }
      return answer ? now + leaseMs : null
    },
    release: async () => {
      const asked = ledger.takeLease({ name, owner, now: runtime.now(), leaseMs: 0 }).catch(() => false)
      const late = new AbortController()
      await Promise.race([asked, runtime.sleep(Math.min(RELEASE_MS, leaseMs / RENEWALS), late.signal)])
      late.abort()
    },
  }
}
