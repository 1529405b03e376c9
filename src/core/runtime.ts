import type { JsonObject } from './model.ts'
import type { AttributesOf, CounterName, HistogramName } from './telemetry.ts'
import type { SpanName } from './telemetry/spans.ts'

/** One day in UTC; a local day may be an hour shorter or longer. */
export const DAY_MS = 86_400_000

/**
 * Everything the core uses of the process it runs in: time, randomness, identifiers, log and
 * telemetry.
 */
export interface Runtime {
  /** Epoch milliseconds. */
  now(): number
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Lets all other work that is ready run first. */
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

/** A W3C `traceparent`: the origin of an event, or the parent of a span. */
export type TraceParent = string

export interface SpanOptions {
  /** Where the events that the work is about come from, as far as that is known when it begins. */
  readonly origins?: readonly TraceParent[]
  /** Of a stage that receives or sends messages: how many, and the queue if it is only one. */
  readonly messages?: { readonly count: number; readonly queue: string | null }
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
}

/** A stage at work on a batch. Each of its events may have a trace of its own. */
export interface StageSpan {
  /** Adds the origins of further events that the work is about. */
  concerns(origins: readonly TraceParent[]): void
  /** The context to send on with something about the event of this origin. */
  passedOn(origin: TraceParent): TraceParent
}

/** Low-cardinality names only: an employee, an event or a value is never an attribute. */
export interface Telemetry {
  /** Whether spans are exported. If not, callers skip the lookups that only spans need. */
  readonly traces: boolean
  /**
   * Runs `work` inside a span, and a span of the same name in the trace of each event that it is
   * about. An error that it throws marks these spans and is rethrown.
   */
  span<T>(name: SpanName, options: SpanOptions, work: (stage: StageSpan) => Promise<T>): Promise<T>
  count<N extends CounterName>(name: N, value: number, attributes?: AttributesOf<N>): void
  /** Adds a value to a histogram. */
  record<N extends HistogramName>(name: N, value: number, attributes?: AttributesOf<N>): void
}

export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} }
export const silentTelemetry: Telemetry = {
  traces: false,
  span: (_name, _options, work) => work({ concerns: () => {}, passedOn: (origin) => origin }),
  count: () => {},
  record: () => {},
}

/**
 * The part of an error that may be logged: its name, its code, and its message if Rollcall wrote
 * it. Messages of libraries and services can quote personal data, so they are left out.
 */
export function describeError(error: unknown): JsonObject {
  if (!(error instanceof Error)) return { error: typeof error }
  const code: unknown = 'code' in error ? error.code : undefined
  return {
    error: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(isSafe(error) ? { message: error.message } : {}),
  }
}

/** Rollcall writes the message of a safe error itself, and puts no personal value into it. */
function isSafe(error: Error): boolean {
  return 'safe' in error && error.safe === true
}
