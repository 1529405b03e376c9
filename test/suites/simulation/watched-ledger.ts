import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { Instance } from './clock.ts'

export interface Watch {
  /** May take time, or throw: the call then has no effect. `null`: nothing comes before it. */
  before(method: keyof Ledger, given: readonly unknown[]): Promise<void> | null
  /** Sees every call that the ledger carried out, with its answer. */
  carriedOut(method: keyof Ledger, given: readonly unknown[], answer: unknown): void
  /** May throw: the answer is lost. */
  after(method: keyof Ledger): void
}

/**
 * The ledger as one instance reaches it: it may be away or slow, and an instance that stands still
 * learns nothing from it.
 */
export function watchedLedger(ledger: Ledger, instance: Instance, watch: Watch): Ledger {
  const methods = new Map<string, unknown>()
  return new Proxy(ledger, {
    get: (target, name: keyof Ledger) => {
      const known = methods.get(name)
      if (known !== undefined) return known
      const real = target[name] as (...given: unknown[]) => Promise<unknown>
      const method = (...given: unknown[]): Promise<unknown> =>
        instance.through(async () => {
          const before = watch.before(name, given)
          if (before) await before
          const answer = await real.apply(target, given)
          watch.carriedOut(name, given, answer)
          watch.after(name)
          return answer
        })
      methods.set(name, method)
      return method
    },
  })
}
