import type { Counter, Meter } from '@opentelemetry/api'
import type { Telemetry } from '../../core/runtime.ts'
import { type CounterName, INSTRUMENTS } from '../../core/telemetry.ts'

/** Counts on a meter. A counter appears with its first count. */
export function countingOn(meter: Meter): Telemetry['count'] {
  const counters = new Map<CounterName, Counter>()
  const counterOf = (name: CounterName): Counter => {
    const known = counters.get(name)
    if (known) return known
    const { unit, description } = INSTRUMENTS[name]
    const counter = meter.createCounter(name, { unit, description })
    counters.set(name, counter)
    return counter
  }
  return (name, value, attributes) => {
    if (value > 0) counterOf(name).add(value, attributes)
  }
}
