import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { Instance } from './clock.ts'

/** Sees every call that the ledger carried out, with its answer. */
export type Watch = (method: keyof Ledger, given: readonly unknown[], answer: unknown) => void

/**
 * The ledger as one instance reaches it: it may be away or slow, and an instance that stands still
 * learns nothing from it.
 */
export function watchedLedger(
  ledger: Ledger,
  instance: Instance,
  before: (method: keyof Ledger, given: readonly unknown[]) => Promise<void>,
  watch: Watch,
): Ledger {
  const methods = new Map<string, unknown>()
  return new Proxy(ledger, {
    get: (target, name: keyof Ledger) => {
      const known = methods.get(name)
      if (known !== undefined) return known
      const real = target[name] as (...given: readonly unknown[]) => Promise<unknown>
      const method = (...given: readonly unknown[]): Promise<unknown> =>
        instance.through(async () => {
          await before(name, given)
          const answer = await real.apply(target, [...given])
          watch(name, given, answer)
          return answer
        })
      methods.set(name, method)
      return method
    },
  })
}
