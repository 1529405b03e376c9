/**
 * - `counter`: counted by this process, from its start
 * - `histogram`: values that this process saw, from its start, by size
 * - `total`: read from elsewhere when metrics are collected; it only grows
 * - `gauge`: read when metrics are collected; absent where there is nothing to read
 */
export type InstrumentKind = 'counter' | 'histogram' | 'total' | 'gauge'

export interface Instrument {
  readonly kind: InstrumentKind
  /** In the notation of UCUM (https://opentelemetry.io/docs/specs/semconv/general/metrics/). */
  readonly unit: string
  readonly attributes: readonly string[]
  readonly description: string
  /** Of a histogram: the upper bounds, inclusive. */
  readonly buckets?: readonly number[]
}
