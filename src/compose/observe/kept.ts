import type { Runtime } from '../../core/runtime.ts'

export interface KeptSettings<T> {
  /** Time from one reading to the next. */
  readonly everyMs: (latest: T) => number
  /** After this many readings that were not asked for, reading rests until one is. */
  readonly idleReadings: number
}

export interface Kept<T> {
  /**
   * The latest reading, at once. Only the first one is waited for, and the first after an idle
   * time.
   */
  latest(): Promise<T>
  close(): void
}

/**
 * Reads again and again, one at a time, so that asking is cheap. `read` never rejects and is
 * bounded in time.
 */
export function kept<T>(
  read: (closing: AbortSignal) => Promise<T>,
  { everyMs, idleReadings }: KeptSettings<T>,
  { sleep }: Pick<Runtime, 'sleep'>,
): Kept<T> {
  const closing = new AbortController()
  let latest: Promise<T> | null = null
  let unasked = 0
  const keep = async (first: Promise<T>): Promise<void> => {
    for (let reading = first; ; reading = read(closing.signal)) {
      const value = await reading
      latest = reading
      await sleep(everyMs(value), closing.signal)
      unasked += 1
      if (closing.signal.aborted || unasked > idleReadings) break
    }
    latest = null
  }
  return {
    latest: () => {
      unasked = 0
      if (latest !== null) return latest
      const first = read(closing.signal)
      latest = first
      if (!closing.signal.aborted) void keep(first)
      return first
    },
    close: () => closing.abort(),
  }
}
