import { nextTick } from 'node:process'
import { setImmediate } from 'node:timers/promises'
import { type Runtime, silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'
import { chance } from '../../fakes/history.ts'
import { digest } from '../../fakes/people.ts'
import { Sleeps } from '../../fakes/sleeps.ts'

/** The time of a simulated world: it moves only when everything that needs no time has happened. */
export interface Clock {
  now(): number
  /** How many sleeps and actions lie ahead. */
  readonly waiting: number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Does something at a moment. */
  at(moment: number, action: () => void | Promise<void>): void
  /** Lets time pass up to a moment, or until `done` says so. */
  until(moment: number, done?: () => boolean): Promise<void>
}

/**
 * Promises alone connect the parts of this world, and Node calls a tick once no promise is left to
 * settle. A round of the event loop would do too, and costs several times as much.
 */
const settled = (): Promise<void> => new Promise((resolve) => nextTick(resolve))

export function clockFrom(startAt: number): Clock {
  let now = startAt
  const sleeps = new Sleeps()
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => sleeps.sleep(now, ms, signal)
  return {
    now: () => now,
    get waiting() {
      return sleeps.size
    },
    sleep,
    at: (moment, action) => void sleep(moment - now).then(action),
    until: async (moment, done = () => false) => {
      // Signals and timers of the process itself have their turn.
      await setImmediate()
      for (;;) {
        await settled()
        if (done()) return
        const next = sleeps.take()
        if (!next || next.until > moment) {
          if (next) sleeps.add(next)
          now = Math.max(now, moment)
          return
        }
        now = Math.max(now, next.until)
        next.wake()
      }
    },
  }
}

/**
 * One process of the connector: it can stand still and go on, be killed, and have a clock of its
 * own.
 */
export interface Instance {
  readonly runtime: Runtime
  readonly isAlive: boolean
  freeze(): void
  thaw(): void
  /** Nothing that it waits for ever answers. */
  kill(): void
  /** How far its clock is ahead of the world's, in milliseconds; negative when it is behind. */
  readonly aheadMs: number
  /** Moves its clock against the world's. */
  setClock(offsetMs: number): void
  /** Work outside: it is done, but an instance that stands still does not learn the answer. */
  through<T>(work: () => Promise<T>): Promise<T>
}

export function instanceOn(clock: Clock, seed: number): Instance {
  let offset = 0
  let names = 0
  let killed = false
  let gate: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null
  const isHeld = (): boolean => killed || gate !== null
  const passed = async (): Promise<void> => {
    for (let closed = gate; closed; closed = gate) await closed.promise
    if (killed) await new Promise<never>(() => {})
  }
  const through = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isHeld()) await passed()
    try {
      return await work()
    } finally {
      if (isHeld()) await passed()
    }
  }
  return {
    runtime: {
      now: () => clock.now() + offset,
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal)
        if (isHeld()) await passed()
      },
      yieldToEventLoop: async () => {},
      random: chance(seed),
      id: () => `id-${seed}-${++names}`,
      digest,
      log: silentLogger,
      telemetry: silentTelemetry,
    },
    get isAlive() {
      return !isHeld()
    },
    get aheadMs() {
      return offset
    },
    freeze: () => (gate ??= Promise.withResolvers<void>()),
    thaw: () => {
      const open = gate
      gate = null
      open?.resolve()
    },
    kill: () => (killed = true),
    setClock: (offsetMs) => (offset = offsetMs),
    through,
  }
}
