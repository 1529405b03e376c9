import type { Result } from './asked.ts'

/** Keys that are remembered; of older forms the ledger says what has changed since. */
const MOST_KEYS = 1_000

export type Once = (key: string | null, act: () => Promise<Result>) => Promise<Result>

/**
 * Takes an action once for each key, so that a form which is sent twice does nothing twice: the
 * second answer is the first. An action that was refused or failed may be taken again.
 */
export function onceByKey(): Once {
  const taken = new Map<string, Promise<Result>>()
  return (key, act) => {
    if (key === null) return act()
    const before = taken.get(key)
    if (before) return before
    const result = act()
    taken.set(key, result)
    const [oldest] = taken.keys()
    if (taken.size > MOST_KEYS && oldest !== undefined) taken.delete(oldest)
    result.then(
      (came) => 'done' in came || taken.delete(key),
      () => taken.delete(key),
    )
    return result
  }
}
