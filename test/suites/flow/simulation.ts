import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { type Runtime, silentTelemetry } from '../../../src/core/runtime.ts'
import { Sleeps } from '../../fakes/sleeps.ts'

/**
 * A world whose clock moves only when nothing is under way: days pass in seconds, over real sockets
 * and a real database, and no test waits. What leaves the event loop (a request, a cycle of the
 * double) must be tracked, or time would run ahead of it.
 */
export interface Simulation extends Runtime {
  /** The clock stands still until this has ended. */
  track<T>(work: () => Promise<T>): Promise<T>
  /** Does something at a moment while the clock stands still. */
  at(moment: number, action: () => Promise<void>): void
  /**
   * Lets time pass until `done` says so, asking it every `everyMs`; throws when `limit` comes
   * first.
   */
  until(done: () => Promise<boolean>, everyMs: number, limit: number): Promise<void>
  /** Names of what was logged, and how often. */
  readonly said: ReadonlyMap<string, number>
}

/**
 * Rounds of the event loop after which whatever needs neither time nor the outside has happened.
 */
const ROUNDS = 3

/** Chance and names follow from the seed. */
export function simulation(startAt: number, seed: number): Simulation {
  let now = startAt
  let busy = 0
  let names = 0
  let idle: (() => void) | null = null
  const sleeps = new Sleeps()
  const said = new Map<string, number>()
  const say = (event: string): void => void said.set(event, (said.get(event) ?? 0) + 1)

  const track = async <T>(work: () => Promise<T>): Promise<T> => {
    busy += 1
    try {
      return await work()
    } finally {
      busy -= 1
      if (busy === 0) idle?.()
    }
  }
  const settle = async (): Promise<void> => {
    for (let round = 0; round < ROUNDS; round++) {
      await setImmediate()
      if (busy === 0) continue
      await new Promise<void>((resolve) => (idle = resolve))
      idle = null
      round = -1
    }
  }
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => sleeps.sleep(now, ms, signal)

  return {
    now: () => now,
    sleep,
    yieldToEventLoop: async () => {},
    random: randomFrom(seed),
    id: () => `id-${++names}`,
    digest: (text) => createHash('sha256').update(text).digest('hex'),
    log: { info: () => {}, warn: say, error: say },
    telemetry: silentTelemetry,
    said,
    track,
    at: (moment, action) => void sleep(moment - now).then(() => track(action)),
    until: async (done, everyMs, limit) => {
      let askAt = now
      for (;;) {
        await settle()
        if (now >= askAt) {
          if (await done()) return
          askAt = now + everyMs
        }
        const next = sleeps.take()
        if (!next || next.until > limit)
          throw new Error('the world came to its end before everything in it was done')
        now = Math.max(now, next.until)
        next.wake()
      }
    },
  }
}

/** mulberry32: small, and good enough for the order of things in a test. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
