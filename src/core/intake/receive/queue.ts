import type { Runtime } from '../../runtime.ts'

/** Counts messages, and returns how many there were in the last second. */
export function rateOf(runtime: Pick<Runtime, 'now'>): (count: number) => number {
  const seen: { at: number; count: number }[] = []
  let sum = 0
  return (count) => {
    const now = runtime.now()
    seen.push({ at: now, count })
    sum += count
    for (let first = seen[0]; first && first.at <= now - 1_000; first = seen[0]) {
      sum -= first.count
      seen.shift()
    }
    return sum
  }
}

/** Messages that have arrived and are not committed. The receiver's limit bounds their number. */
export class Queue<M> {
  #messages: M[] = []
  #arrived: (() => void) | null = null
  get length(): number {
    return this.#messages.length
  }
  push(message: M): void {
    this.#messages.push(message)
    this.#arrived?.()
  }
  take(most: number): M[] {
    return this.#messages.splice(0, most)
  }
  /** Resolves when there is a message, or when `signal` aborts. */
  async some(signal: AbortSignal): Promise<void> {
    if (this.#messages.length > 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#arrived = null
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#arrived = done
      signal.addEventListener('abort', done)
    })
  }
}
