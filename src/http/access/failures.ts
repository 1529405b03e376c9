/**
 * After this many wrong tokens from one address in a minute, even the right one is refused for a
 * while.
 */
const MOST = 10
const WINDOW_MS = 60_000
/** The most addresses that are counted apart. With more, all count as one. */
const MOST_ADDRESSES = 1_000

export interface Failures {
  /** How long the address must wait before it may try again, in milliseconds; 0 when it may. */
  waitMs(address: string, now: number): number
  add(address: string, now: number): void
}

/** Counts wrong tokens, so that only a few can be tried. */
export function countedFailures(): Failures {
  const counts = new Map<string, { count: number; readonly since: number }>()
  const inWindow = (key: string, now: number) => {
    const found = counts.get(key)
    return found && Math.abs(now - found.since) < WINDOW_MS ? found : null
  }
  const keyOf = (address: string): string =>
    counts.has(address) || counts.size < MOST_ADDRESSES ? address : 'others'
  return {
    waitMs: (address, now) => {
      const found = inWindow(keyOf(address), now)
      return found && found.count >= MOST ? Math.max(1, found.since + WINDOW_MS - now) : 0
    },
    add: (address, now) => {
      for (const [key] of counts) if (!inWindow(key, now)) counts.delete(key)
      const key = keyOf(address)
      const found = inWindow(key, now)
      if (found) found.count += 1
      else counts.set(key, { count: 1, since: now })
    },
  }
}
