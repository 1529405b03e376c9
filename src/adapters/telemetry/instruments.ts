import type { Counter, Histogram, Meter } from '@opentelemetry/api'
import type { Telemetry } from '../../core/runtime.ts'
import { type CounterName, type HistogramName, INSTRUMENTS } from '../../core/telemetry.ts'

/** Counts and records on a meter. A series appears with its first count or value. */
export function instrumentsOn(meter: Meter): Pick<Telemetry, 'count' | 'record'> {
  const counterOf = once((name: CounterName): Counter => {
    const { unit, description } = INSTRUMENTS[name]
    return meter.createCounter(name, { unit, description })
  })
  const histogramOf = once((name: HistogramName): Histogram => {
    const { unit, description, buckets } = INSTRUMENTS[name]
    const advice = { explicitBucketBoundaries: [...buckets] }
    return meter.createHistogram(name, { unit, description, advice })
  })
  return {
    count: (name, value, attributes) => {
      if (value > 0) counterOf(name).add(value, attributes)
    },
    record: (name, value, attributes) => histogramOf(name).record(value, attributes),
  }
}

function once<K, V>(create: (key: K) => V): (key: K) => V {
  const created = new Map<K, V>()
  return (key) => {
    const known = created.get(key)
    if (known !== undefined) return known
    const value = create(key)
    created.set(key, value)
    return value
  }
}
