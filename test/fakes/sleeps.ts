export interface Sleep {
  readonly until: number
  readonly wake: () => void
}

/**
 * Sleeps by the moment they end, the earliest first: a binary heap that forgets what was cut short
 * when it comes up.
 */
export class Sleeps {
  readonly #heap: Sleep[] = []
  readonly #gone = new Set<Sleep>()

  get size(): number {
    return this.#heap.length - this.#gone.size
  }

  /** Resolves when this much time has passed since `now`, or when the signal aborts. */
  sleep(now: number, ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || ms <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const entry: Sleep = {
        until: now + Math.ceil(ms),
        wake: () => {
          signal?.removeEventListener('abort', cut)
          resolve()
        },
      }
      const cut = (): void => {
        this.remove(entry)
        entry.wake()
      }
      this.add(entry)
      signal?.addEventListener('abort', cut)
    })
  }

  add(sleep: Sleep): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(sleep)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above]
      if (!parent || parent.until <= sleep.until) break
      heap[at] = parent
      at = above
    }
    heap[at] = sleep
  }

  remove(sleep: Sleep): void {
    this.#gone.add(sleep)
  }

  take(): Sleep | undefined {
    for (;;) {
      const first = this.#pop()
      if (!first || !this.#gone.delete(first)) return first
    }
  }

  #pop(): Sleep | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (!first || !last || heap.length === 0) return first
    let at = 0
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]]
      const child = right && left && right.until < left.until ? 2 * at + 2 : 2 * at + 1
      const below = heap[child]
      if (!below || below.until >= last.until) break
      heap[at] = below
      at = child
    }
    heap[at] = last
    return first
  }
}
