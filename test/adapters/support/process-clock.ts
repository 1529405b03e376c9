import type { Runtime } from '../../../src/core/runtime.ts'

export type ProcessClock = Pick<Runtime, 'now' | 'sleep'>

/** The most that one turn of the event loop adds. */
const MOST_MS = 5

/**
 * A clock that advances only while this process runs. With the wall clock, a lock of half a second
 * lapses whenever a busy machine gives the process no processor for that long. Here both the broker
 * and the receiver stand still then, so a test of short locks says the same under any load.
 */
export function processClock(): ProcessClock {
  let at = Date.now()
  let last = performance.now()
  const sleeping = new Set<{ readonly until: number; readonly wake: () => void }>()
  // It advances until the end of the process, because services are stopped after the test with
  // rests of this clock.
  setInterval(() => {
    const present = performance.now()
    at += Math.min(MOST_MS, present - last)
    last = present
    for (const one of sleeping) if (one.until <= at) one.wake()
  }, MOST_MS).unref()
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (ms <= 0 || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        sleeping.delete(one)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const one = { until: at + ms, wake }
      sleeping.add(one)
      signal?.addEventListener('abort', wake, { once: true })
    })
  }
  return { now: () => Math.floor(at), sleep }
}
