import type { JsonObject } from './model.ts'

/** Of UTC; a local day may be an hour shorter or longer. */
export const DAY_MS = 86_400_000

/** What the core may know of the outside: time, chance, names, and somebody to tell. */
export interface Runtime {
  /** Epoch milliseconds. */
  now(): number
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Lets everything else that is ready have its turn. */
  yieldToEventLoop(): Promise<void>
  /** In [0, 1). */
  random(): number
  /** A fresh identifier, unique across instances. */
  id(): string
  /** A stable fingerprint of a text: the same on every machine, 64 hexadecimal digits. */
  digest(text: string): string
  readonly log: Logger
  readonly telemetry: Telemetry
}

/** Fields are names, numbers and codes. Values of personal attributes never go in. */
export interface Logger {
  info(event: string, fields?: JsonObject): void
  warn(event: string, fields?: JsonObject): void
  error(event: string, fields?: JsonObject): void
}

/** Where a span came from or what it belongs to: a W3C `traceparent`. */
export type TraceParent = string

export interface SpanOptions {
  readonly kind?: 'internal' | 'client' | 'producer' | 'consumer'
  /** The events a batch is made of. A batch has many origins, so they are links and not parents. */
  readonly links?: readonly TraceParent[]
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
}

/** Low-cardinality names only: an employee, an event or a value is never an attribute. */
export interface Telemetry {
  /** Runs `work` inside a span; what it throws marks the span and is thrown on. */
  span<T>(
    name: string,
    options: SpanOptions,
    work: (traceparent: TraceParent | null) => Promise<T>,
  ): Promise<T>
  count(name: string, value: number, attributes?: Readonly<Record<string, string>>): void
}

export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} }
export const silentTelemetry: Telemetry = { span: (_name, _options, work) => work(null), count: () => {} }

/** A loop that can be started once and stopped at any time. */
export interface Service {
  /**
   * Runs until `stop` is called or the work cannot go on. Resolves when everything has ended; rejects with what made it impossible.
   * `stop` before `run` makes `run` return at once.
   */
  run(): Promise<void>
  /** Asks for an orderly end and resolves when `run` has returned. Idempotent. */
  stop(): Promise<void>
}

/** How long a turn that is under way may go on after its loop was told to stop. */
export const TURN_END_MS = 7_000

/**
 * Work as a service whose end is bounded: what has not ended `endMs` after it was told to stop is left behind, and `run` and `stop` resolve
 * without it. Work left behind may still write what it has begun, which must be as safe as an instance that stood still and woke.
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
        what: 'did not end in time; what it was doing is taken up again',
      })
      left.resolve()
    }
    await running
  }
  return { run: () => (running ??= Promise.race([work(stopping.signal), left.promise])), stop }
}

/**
 * Gives `work` a signal that aborts `graceMs` after `stopping` does, for what is worth finishing when the process is to end, though not at any
 * price.
 */
export async function withGrace<T>(
  stopping: AbortSignal,
  graceMs: number,
  runtime: Pick<Runtime, 'sleep'>,
  work: (cut: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const cut = new AbortController()
  const count = async (): Promise<void> => {
    await runtime.sleep(graceMs, over.signal)
    if (!over.signal.aborted) cut.abort()
  }
  const begin = (): void => void count()
  if (stopping.aborted) begin()
  else stopping.addEventListener('abort', begin, { once: true })
  try {
    return await work(cut.signal)
  } finally {
    over.abort()
    stopping.removeEventListener('abort', begin)
  }
}

/**
 * A loop as a service. Each turn answers how long to rest: 0 goes on at once. `wake` cuts a rest short; it is a hint, never the truth.
 * A turn that throws is reported and tried again after a growing rest, so that an outage of a neighbour is waited out; an error may ask for a
 * longer one with `retryAfterMs`. A turn that is under way when the loop stops has `TURN_END_MS` left.
 */
export function loop(
  name: string,
  runtime: Runtime,
  turn: (signal: AbortSignal) => Promise<number>,
): Service & { wake(): void } {
  let rest = new AbortController()
  let woken = false

  const run = async (stopping: AbortSignal): Promise<void> => {
    let failures = 0
    while (!stopping.aborted) {
      let restMs: number
      try {
        woken = false
        restMs = await turn(stopping)
        failures = 0
      } catch (error) {
        if (stopping.aborted) return
        failures += 1
        const growing = Math.min(30_000, 250 * 2 ** Math.min(failures, 7)) * (0.75 + runtime.random() / 2)
        restMs = Math.max(growing, askedToWait(error))
        runtime.log.error(`${name}.failed`, {
          ...describeError(error),
          failures,
          retryInMs: Math.round(restMs),
        })
        // Work that comes in does not cut this one short: it would meet the same outage.
        await runtime.sleep(restMs, stopping)
        continue
      }
      if (restMs <= 0 || woken) continue
      rest = new AbortController()
      await runtime.sleep(restMs, AbortSignal.any([stopping, rest.signal]))
    }
  }
  return {
    ...endingWithin(name, TURN_END_MS, runtime, run),
    wake: () => {
      woken = true
      rest.abort()
    },
  }
}

function askedToWait(error: unknown): number {
  const asked = error instanceof Error && 'retryAfterMs' in error ? error.retryAfterMs : null
  return typeof asked === 'number' && asked > 0 ? Math.min(asked, 600_000) : 0
}

/** What may be told of an error: its name, its code and the words of ours. Messages of others can quote data, so they stay out. */
export function describeError(error: unknown): JsonObject {
  if (!(error instanceof Error)) return { error: typeof error }
  const code: unknown = 'code' in error ? error.code : undefined
  return {
    error: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(isSafe(error) ? { message: error.message } : {}),
  }
}

/** Errors whose message we wrote ourselves, and which therefore names no value of a person. */
function isSafe(error: Error): boolean {
  return 'safe' in error && error.safe === true
}
