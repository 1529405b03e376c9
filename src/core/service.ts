import { requestedWait } from './errors.ts'
import { describeError, type Runtime } from './runtime.ts'

/**
 * Something that runs until it is stopped. It has one life: `run` starts it, `stop` ends it, and a
 * service that has ended does not start again.
 *
 *     const service = loop('sweep', runtime, sweep)
 *     const running = service.run()
 *     …
 *     await service.stop() // an orderly end; `running` has resolved
 *     await running        // rejects if the work could not go on
 *
 * - Both methods may be called any number of times, in either order. Every call of `run` returns
 *   the same promise.
 * - After `stop` without `run`, `run` returns at once and does nothing.
 * - A service bounds the time that its end takes.
 */
export interface Service {
  /**
   * Runs until `stop` is called or the work cannot go on. Resolves when everything has ended;
   * rejects with the error that ended the work.
   */
  run(): Promise<void>
  /** Asks for an orderly end, and resolves when `run` has returned. */
  stop(): Promise<void>
}

/** A service that rests between turns. */
export interface WakeableService extends Service {
  /** Cuts a rest short. It is a hint: a lost one costs a rest, never work. */
  wake(): void
}

/** How long a turn may go on after its loop was asked to stop. */
export const TURN_END_MS = 7_000
/** After this long, a stage that has not ended no longer delays stopping the next one. */
const STAGE_END_MS = 3_000
const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 30_000
const LONGEST_REQUESTED_WAIT_MS = 600_000

/**
 * Repeats `turn`. Each turn answers how many milliseconds to rest; 0 starts the next one at once.
 *
 * A turn that throws is logged and repeated after a growing rest, so that an outage of a dependency
 * is waited out. The error may ask for a longer rest with `retryAfterMs`; `wake` does not cut it
 * short. A turn that is running when the loop is stopped has `TURN_END_MS` left.
 */
export function loop(
  name: string,
  runtime: Runtime,
  turn: (stopping: AbortSignal) => Promise<number>,
): WakeableService {
  let rest: AbortController | null = null
  let woken = false
  /** With a reason, because making the usual error costs more than the rest of it. */
  const endRest = (): void => rest?.abort('rest ended')

  const run = async (stopping: AbortSignal): Promise<void> => {
    let failures = 0
    // Not `AbortSignal.any` for each rest: a loop has thousands of them, and that is dear.
    stopping.addEventListener('abort', endRest, { once: true })
    while (!stopping.aborted) {
      let restMs: number
      try {
        woken = false
        restMs = await turn(stopping)
        failures = 0
      } catch (error) {
        if (stopping.aborted) return
        failures += 1
        restMs = retryDelayMs(error, failures, runtime)
        runtime.log.error(`${name}.failed`, {
          ...describeError(error),
          failures,
          retryInMs: Math.round(restMs),
        })
        // Not cut short by `wake`: new work would meet the same outage.
        await runtime.sleep(restMs, stopping)
        continue
      }
      if (restMs <= 0 || woken || stopping.aborted) continue
      rest = new AbortController()
      await runtime.sleep(restMs, rest.signal)
      rest = null
    }
  }
  return {
    ...endingWithin(name, TURN_END_MS, runtime, run),
    wake: () => {
      woken = true
      endRest()
    },
  }
}

function retryDelayMs(error: unknown, failures: number, runtime: Pick<Runtime, 'random'>): number {
  const jitter = 0.75 + runtime.random() / 2
  const growing = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 7)) * jitter
  return Math.max(growing, requestedWaitMs(error))
}

function requestedWaitMs(error: unknown): number {
  return Math.max(0, Math.min(requestedWait(error) ?? 0, LONGEST_REQUESTED_WAIT_MS))
}

/**
 * Runs the services of all stages side by side, and stops them stage by stage. The services of one
 * stage are stopped together, and the next stage follows when they have ended or after 3 seconds,
 * so a slow stage does not add its time to that of the others. When one service rejects, all of
 * them are stopped.
 */
export function together(stages: readonly (readonly Service[])[], runtime: Pick<Runtime, 'sleep'>): Service {
  const services = stages.flat()
  let running: Promise<void> | null = null
  let stopping: Promise<void> | null = null
  const stop = async (): Promise<void> => {
    const ends: Promise<unknown>[] = []
    for (const stage of stages) {
      const ended = Promise.all(stage.map((service) => service.stop()))
      ends.push(ended)
      const soon = new AbortController()
      await Promise.race([ended, runtime.sleep(STAGE_END_MS, soon.signal)]).finally(() => soon.abort())
    }
    await Promise.all(ends)
  }
  const run = async (): Promise<void> => {
    try {
      await Promise.all(services.map((service) => service.run()))
    } finally {
      await (stopping ??= stop())
    }
  }
  return { run: () => (running ??= run()), stop: () => (stopping ??= stop()) }
}

/**
 * Makes a service of `work` whose end is bounded: when `work` has not ended `endMs` after `stop`,
 * `run` and `stop` resolve without it. The work left behind may still write what it has begun. That
 * must be as safe as an instance that was suspended in the middle of a write and resumed later.
 */
export function endingWithin(
  name: string,
  endMs: number,
  runtime: Pick<Runtime, 'sleep' | 'log'>,
  work: (stopping: AbortSignal) => Promise<void>,
): Service {
  const stopping = new AbortController()
  const left = Promise.withResolvers<void>()
  let running: Promise<void> | null = null
  const stop = async (): Promise<void> => {
    if (running === null || stopping.signal.aborted) {
      stopping.abort()
      await running
      return
    }
    stopping.abort()
    const ended = new AbortController()
    const ending = running.finally(() => ended.abort())
    ending.catch(() => {})
    await Promise.race([ending, runtime.sleep(endMs, ended.signal)]).catch(() => {})
    if (!ended.signal.aborted) {
      runtime.log.warn(`${name}.left`, {
        afterMs: endMs,
        what: 'it did not end in time; its unfinished work is resumed later',
      })
      left.resolve()
    }
    await running
  }
  return { run: () => (running ??= Promise.race([work(stopping.signal), left.promise])), stop }
}

/**
 * Gives `work` a signal that aborts `graceMs` after `stopping` does: for work that is worth
 * finishing when the process ends, but not at any price.
 */
export async function withGrace<T>(
  stopping: AbortSignal,
  graceMs: number,
  runtime: Pick<Runtime, 'sleep'>,
  work: (cut: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const cut = new AbortController()
  const cutAfterGrace = async (): Promise<void> => {
    await runtime.sleep(graceMs, over.signal)
    if (!over.signal.aborted) cut.abort()
  }
  const begin = (): void => void cutAfterGrace()
  if (stopping.aborted) begin()
  else stopping.addEventListener('abort', begin, { once: true })
  try {
    return await work(cut.signal)
  } finally {
    over.abort()
    stopping.removeEventListener('abort', begin)
  }
}
