import { isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../model.ts'

/** One attribute an event sets: its dotted path and the value, where `null` clears it. */
export type Write = readonly [path: string, value: Json]

/** Nested objects become dotted paths; a list is one value. */
export function flatten(worker: JsonObject): Write[] {
  const keys = Object.keys(worker)
  const [only] = keys
  // Most changes are of one attribute: a list of one takes a tenth of the memory of one that grows.
  if (keys.length === 1 && only !== undefined) {
    const value = worker[only]
    if (value !== undefined && !isObject(value)) return [[only, value]]
  }
  const writes: Write[] = []
  collect(worker, '', writes)
  return writes
}

function collect(worker: JsonObject, prefix: string, into: Write[]): void {
  for (const key of Object.keys(worker)) {
    const value = worker[key]
    if (value === undefined) continue
    const path = prefix + key
    if (isObject(value)) collect(value, `${path}.`, into)
    else into.push([path, value])
  }
}
