import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricProducer } from '../../../src/adapters/telemetry/producer.ts'
import { scrapedTelemetry } from '../../../src/adapters/telemetry/scrape.ts'
import {
  type CounterName,
  type HistogramName,
  type InstrumentName,
  INSTRUMENTS,
  type Measurement,
  type ObservedName,
  prometheusName,
} from '../../../src/core/telemetry.ts'

const names = Object.keys(INSTRUMENTS) as readonly InstrumentName[]
const isCounter = (name: InstrumentName): name is CounterName => INSTRUMENTS[name].kind === 'counter'
const isHistogram = (name: InstrumentName): name is HistogramName => INSTRUMENTS[name].kind === 'histogram'
const isObserved = (name: InstrumentName): name is ObservedName => !isCounter(name) && !isHistogram(name)

/** What is scraped of a histogram that saw the value 1. */
function histogramOf1(name: HistogramName): readonly string[] {
  const scraped = prometheusName(name)
  return [
    `${scraped}_count 1`,
    `${scraped}_sum 1`,
    ...[...INSTRUMENTS[name].buckets, '+Inf'].map((le) => `${scraped}_bucket{le="${le}"} 1`),
  ]
}

/** Every line of a scrape that is not a comment. */
const samplesOf = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

void test('every instrument is scraped under its name in the table, with its kind and description', async () => {
  const measurements = names.filter(isObserved).map((name) => ({ name, value: 1 }) as Measurement)
  const { telemetry, scrape } = scrapedTelemetry(
    metricProducer(
      async () => measurements,
      () => 1,
    ),
  )
  for (const name of names)
    if (isCounter(name)) telemetry.count(name, 1)
    else if (isHistogram(name)) telemetry.record(name, 1)
  const text = await scrape()
  const single = names.filter((name) => !isHistogram(name)).map((name) => `${prometheusName(name)} 1`)
  const histograms = names.filter(isHistogram).flatMap((name) => histogramOf1(name))
  assert.deepEqual(samplesOf(text).toSorted(), [...single, ...histograms].toSorted())
  for (const name of names) {
    const { kind, description } = INSTRUMENTS[name]
    const scraped = prometheusName(name)
    assert.ok(text.includes(`# TYPE ${scraped} ${kind === 'total' ? 'counter' : kind}\n`), scraped)
    assert.ok(text.includes(`# HELP ${scraped} ${description}\n`), scraped)
  }
})

void test('a series that is no longer read is gone from the next scrape, and counters stay', async () => {
  let measurements: readonly Measurement[] = [
    { name: 'rollcall.ledger.hold_since_seconds', value: 2, attributes: { hold: 'refused' } },
  ]
  const { telemetry, scrape } = scrapedTelemetry(
    metricProducer(
      async () => measurements,
      () => 1,
    ),
  )
  telemetry.count('rollcall.events', 1, { outcome: 'received' })
  const counted = 'rollcall_events_total{outcome="received"} 1'
  assert.deepEqual(samplesOf(await scrape()), [
    counted,
    'rollcall_ledger_hold_since_seconds{hold="refused"} 2',
  ])
  measurements = []
  assert.deepEqual(samplesOf(await scrape()), [counted])
})
