import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { JsonObject } from '../../src/core/model.ts'
import { type Runtime, silentTelemetry } from '../../src/core/runtime.ts'
import { day } from './events.ts'

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly event: string
  readonly fields: JsonObject
}

export interface VirtualRuntime extends Runtime {
  /**
   * Advances the clock: every sleep that is due ends at its moment, and its effects happen before
   * the next sleep ends.
   */
  advance(ms: number): Promise<void>
  /** Runs everything that needs no time. */
  settle(): Promise<void>
  /** What was logged, in order. */
  readonly lines: readonly LogLine[]
  /** What histograms were given: name, value and values of attributes. */
  readonly recorded: readonly string[]
  /** How many sleeps have not ended. */
  readonly sleeping: number
}

interface Sleep {
  readonly until: number
  readonly wake: () => void
}

/**
 * Rounds of the event loop after which everything that needs no time has run. One is enough for
 * promises; the others are a margin.
 */
const ROUNDS = 4

/**
 * A runtime with a virtual clock: time passes only in `advance`. Ids and random numbers are the
 * same in every run.
 */
export function virtualRuntime(startAt: number = day(1)): VirtualRuntime {
  let now = startAt
  let names = 0
  let seed = 1
  const sleeps = new Set<Sleep>()
  const lines: LogLine[] = []
  const recorded: string[] = []
  const log =
    (level: LogLine['level']) =>
    (event: string, fields: JsonObject = {}): void =>
      void lines.push({ level, event, fields })

  const settle = async (): Promise<void> => {
    for (let round = 0; round < ROUNDS; round++) await setImmediate()
  }

  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted || ms <= 0) return resolve()
        const sleep: Sleep = {
          until: now + ms,
          wake: () => {
            sleeps.delete(sleep)
            signal?.removeEventListener('abort', sleep.wake)
            resolve()
          },
        }
        sleeps.add(sleep)
        signal?.addEventListener('abort', sleep.wake)
      }),
    yieldToEventLoop: async () => {},
    random: () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647,
    id: () => `id-${++names}`,
    digest: (text) => createHash('sha256').update(text).digest('hex'),
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    telemetry: {
      ...silentTelemetry,
      record: (name, value, attributes) =>
        void recorded.push([name, value, ...Object.values(attributes ?? {})].join(' ')),
    },

    advance: async (ms) => {
      const until = now + ms
      await settle()
      for (;;) {
        const next = [...sleeps]
          .filter((sleep) => sleep.until <= until)
          .toSorted((a, b) => a.until - b.until)[0]
        if (!next) break
        now = Math.max(now, next.until)
        next.wake()
        await settle()
      }
      now = until
    },
    settle,
    lines,
    recorded,
    get sleeping() {
      return sleeps.size
    },
  }
}
