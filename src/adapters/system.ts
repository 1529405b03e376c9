import { hash, randomUUID } from 'node:crypto'
import { setImmediate as nextMacrotask } from 'node:timers/promises'
import type { Logger, Runtime, Telemetry } from '../core/runtime.ts'

/** The real clock and real random numbers, with the given logger and telemetry. */
export function systemRuntime(log: Logger, telemetry: Telemetry): Runtime {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    id: () => randomUUID(),
    digest: sha256,
    sleep,
    yieldToEventLoop: nextMacrotask,
    log,
    telemetry,
  }
}

export function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}

/** The real clock alone. */
export const systemClock: Pick<Runtime, 'now' | 'sleep'> = { now: Date.now, sleep }

/** Node's longest timer. A longer rest ends early, and its caller asks for the remainder. */
const LONGEST_MS = 2_147_483_647

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0 || signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.min(ms, LONGEST_MS))
    signal?.addEventListener('abort', done, { once: true })
  })
}
