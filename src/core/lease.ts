import type { Ledger } from './ledger/port.ts'
import { describeError, type Runtime, type Service } from './runtime.ts'

export interface LeaseSettings {
  /** A name nobody else has, also not an earlier run of the same instance. */
  readonly owner: string
  /** An instance that is gone, hangs or is cut off is succeeded after this long. */
  readonly leaseMs: number
}

type Wakeful = Service & { wake?(): void }
/** So often is a lease renewed while it lasts. */
const RENEWALS = 3
const GIVE_BACK_MS = 3_000

/**
 * A service that runs in one instance at a time. Each instance asks the ledger for the lease of that name; who has it makes the service and renews the
 * lease while it runs; who cannot renew it in time ends the service before somebody else begins. An orderly end gives the lease back at once.
 * An instance that stood still may wake in the middle of a turn after somebody else has begun, so a turn never relies on the lease for what it writes.
 */
export function leased(
  name: string,
  ledger: Pick<Ledger, 'lease'>,
  { owner, leaseMs }: LeaseSettings,
  runtime: Runtime,
  make: () => Wakeful,
): Service & { wake(): void } {
  const lease = leaseOf(name, ledger, { owner, leaseMs }, runtime)
  const stopping = new AbortController()
  let current: Wakeful | null = null
  let running: Promise<void> | null = null

  const hold = async (first: number): Promise<void> => {
    const service = make()
    current = service
    const over = new AbortController()
    const work = service.run().finally(() => over.abort())
    work.catch(() => {})
    try {
      let until = first
      while (!stopping.signal.aborted && !over.signal.aborted) {
        await runtime.sleep(leaseMs / RENEWALS, AbortSignal.any([stopping.signal, over.signal]))
        if (stopping.signal.aborted || over.signal.aborted) return
        const left = until - runtime.now()
        try {
          const renewed = left > 0 ? await lease.ask(left, stopping.signal) : null
          if (renewed === null)
            return runtime.log.warn('lease.lost', { name, what: 'another instance goes on with it' })
          until = renewed
        } catch (error) {
          if (stopping.signal.aborted) return
          if (until <= runtime.now())
            return runtime.log.warn('lease.lapsed', { ...describeError(error), name })
        }
      }
    } finally {
      current = null
      await service.stop()
      await work
    }
  }

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const until = await lease.ask(leaseMs, stopping.signal).catch(() => null)
      if (until === null) {
        await runtime.sleep(leaseMs / RENEWALS, stopping.signal)
        continue
      }
      runtime.log.info('lease.taken', { name })
      await hold(until)
    }
    // Also when the answer to the last question is not known.
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

/**
 * Does `work` while nobody else has the lease of that name; `null` when somebody else has it. The signal `work` is given aborts when the lease
 * cannot be kept, and the lease is given back when it ends. Rejects with what `work` or the ledger fails with.
 */
export async function whileLeased<T>(
  name: string,
  ledger: Pick<Ledger, 'lease'>,
  settings: LeaseSettings,
  runtime: Pick<Runtime, 'now' | 'sleep'>,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const { leaseMs } = settings
  const lease = leaseOf(name, ledger, settings, runtime)
  const first = await lease.ask(leaseMs)
  if (first === null) return null
  const over = new AbortController()
  const lost = new AbortController()
  const keep = async (): Promise<void> => {
    for (let until = first; ;) {
      await runtime.sleep(leaseMs / RENEWALS, over.signal)
      if (over.signal.aborted) return
      const left = until - runtime.now()
      const renewed = left > 0 ? await lease.ask(left).catch(() => until) : null
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

/** Both ends of one lease. */
function leaseOf(
  name: string,
  ledger: Pick<Ledger, 'lease'>,
  { owner, leaseMs }: LeaseSettings,
  runtime: Pick<Runtime, 'now' | 'sleep'>,
): { ask(withinMs: number, stop?: AbortSignal): Promise<number | null>; release(): Promise<void> } {
  return {
    /** Until when the lease is ours, or `null` when it is somebody else's. Rejects when the ledger does not say within `withinMs` or before `stop`. */
    ask: async (withinMs, stop) => {
      const now = runtime.now()
      const late = new AbortController()
      const asked = ledger.lease({ name, owner, now, leaseMs })
      const answer = await Promise.race([
        asked,
        runtime
          .sleep(withinMs, stop ? AbortSignal.any([late.signal, stop]) : late.signal)
          .then(() => 'late' as const),
      ])
      late.abort()
      if (answer === 'late') {
        asked.catch(() => {})
        throw new Error('the ledger does not answer')
      }
      return answer ? now + leaseMs : null
    },
    /** Bounded in time: it only lets others begin sooner. */
    release: async () => {
      const asked = ledger.lease({ name, owner, now: runtime.now(), leaseMs: 0 }).catch(() => false)
      const late = new AbortController()
      await Promise.race([asked, runtime.sleep(Math.min(GIVE_BACK_MS, leaseMs / RENEWALS), late.signal)])
      late.abort()
    },
  }
}
