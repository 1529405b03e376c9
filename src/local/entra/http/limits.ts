/**
 * Counts calls in a window that slides with time: at most `limit` in any `windowMs`. A call exactly
 * `windowMs` old is outside. Calls that were refused do not count (not documented).
 */
export interface Window {
  /** Takes a place; answers 0, or the milliseconds until one is free. */
  take(now: number): number
  /** Calls in the window that ends now. */
  count(now: number): number
}

export function createWindow(limit: number, windowMs: number): Window {
  let times: number[] = []
  let head = 0
  const expire = (now: number): void => {
    while (head < times.length && (times[head] ?? now) <= now - windowMs) head += 1
    if (head > 1024 && head * 2 > times.length) {
      times = times.slice(head)
      head = 0
    }
  }
  return {
    take(now) {
      expire(now)
      if (times.length - head < limit) {
        times.push(now)
        return 0
      }
      return Math.max(1, (times[times.length - limit] ?? now) + windowMs - now)
    },
    count(now) {
      expire(now)
      return times.length - head
    },
  }
}

/** The highest number of calls that any window held. */
export interface Peak {
  add(now: number): void
  readonly value: number
}

export function createPeak(windowMs: number): Peak {
  const window = createWindow(Number.MAX_SAFE_INTEGER, windowMs)
  let value = 0
  return {
    add(now) {
      window.take(now)
      value = Math.max(value, window.count(now))
    },
    get value() {
      return value
    },
  }
}
