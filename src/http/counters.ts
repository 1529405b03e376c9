import type { Telemetry } from '../core/runtime.ts'

export interface Counted {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly value: number
}

/** The same telemetry, whose counters are also kept in this process, since its start. */
export function counting(inner: Telemetry): {
  readonly telemetry: Telemetry
  counters(): readonly Counted[]
} {
  const counted = new Map<string, Counted>()
  return {
    telemetry: {
      span: (name, options, work) => inner.span(name, options, work),
      count: (name, value, attributes = {}) => {
        inner.count(name, value, attributes)
        if (value <= 0) return
        const key = JSON.stringify([name, attributes])
        counted.set(key, { name, attributes, value: (counted.get(key)?.value ?? 0) + value })
      },
    },
    counters: () => [...counted.values()],
  }
}
