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
  const stopping = new AbortController()
  let current: Wakeful | null = null
  let running: Promise<void> | null = null

  /** Until when the lease is ours, or `null` when it is somebody else's. Throws when the ledger does not say within `withinMs`. */
  const ask = async (withinMs: number): Promise<number | null> => {
    const now = runtime.now()
    const late = new AbortController()
    const asked = ledger.lease({ name, owner, now, leaseMs })
    const answer = await Promise.race([asked, runtime.sleep(withinMs, late.signal).then(() => 'late' as const)])
    late.abort()
    if (answer === 'late') {
      asked.catch(() => {})
      throw new Error('the ledger does not answer')
    }
    return answer ? now + leaseMs : null
  }

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
          const renewed = left > 0 ? await ask(left) : null
          if (renewed === null) return runtime.log.warn('lease.lost', { name, what: 'another instance goes on with it' })
          until = renewed
        } catch (error) {
          if (until <= runtime.now()) return runtime.log.warn('lease.lapsed', { ...describeError(error), name })
        }
      }
    } finally {
      current = null
      await service.stop()
      await work
    }
  }

  /** Bounded in time: it only lets others begin sooner. */
  const giveBack = async (): Promise<void> => {
    const asked = ledger.lease({ name, owner, now: runtime.now(), leaseMs: 0 }).catch(() => false)
    const late = new AbortController()
    await Promise.race([asked, runtime.sleep(leaseMs / RENEWALS, late.signal)])
    late.abort()
  }

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const until = await ask(leaseMs).catch(() => null)
      if (until === null) {
        await runtime.sleep(leaseMs / RENEWALS, stopping.signal)
        continue
      }
      runtime.log.info('lease.taken', { name })
      await hold(until)
      if (stopping.signal.aborted) await giveBack()
    }
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
