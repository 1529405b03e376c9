import { COUNTED } from './telemetry/counted.ts'
import type { InstrumentKind } from './telemetry/instrument.ts'
import { READ } from './telemetry/read.ts'

/**
 * Every instrument, by its name in OpenTelemetry: the telemetry that is sent, the metrics that are
 * scraped and the page docs/reference/telemetry.md are made from these tables. `prometheusName`
 * says what an instrument is called in a scrape. Every attribute has few values: an employee, an
 * event or a value is never one.
 */
export const INSTRUMENTS = { ...COUNTED, ...READ } as const

export type InstrumentName = keyof typeof INSTRUMENTS
type NameOf<K extends InstrumentKind> = {
  [N in InstrumentName]: (typeof INSTRUMENTS)[N]['kind'] extends K ? N : never
}[InstrumentName]
export type CounterName = NameOf<'counter'>
export type HistogramName = NameOf<'histogram'>
/** What is read, rather than counted. */
export type ObservedName = NameOf<'total' | 'gauge'>

export type AttributesOf<N extends InstrumentName> = Readonly<
  Partial<Record<(typeof INSTRUMENTS)[N]['attributes'][number], string>>
>

/** One value of an instrument that is read; instants are in epoch seconds. */
export type Measurement = {
  [N in ObservedName]: {
    readonly name: N
    readonly value: number
    readonly attributes?: AttributesOf<N>
  }
}[ObservedName]

/**
 * The name in a scrape: underscores for dots, and `_total` at the end of what only grows. A
 * histogram has `_bucket`, `_sum` and `_count` after it.
 */
export function prometheusName(name: InstrumentName): string {
  const plain = name.replaceAll('.', '_')
  const { kind } = INSTRUMENTS[name]
  return kind === 'counter' || kind === 'total' ? `${plain}_total` : plain
}
