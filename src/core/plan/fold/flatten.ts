import { isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../model.ts'

/** One attribute an event sets: its dotted path and the value, where `null` clears it. */
export type Write = readonly [path: string, value: Json]

/** Nested objects become dotted paths; a list is one value. */
export function flatten(worker: JsonObject, prefix = '', into: Write[] = []): Write[] {
  for (const key of Object.keys(worker)) {
    const value = worker[key]
    if (value === undefined) continue
    const path = prefix + key
    if (isObject(value)) flatten(value, `${path}.`, into)
    else into.push([path, value])
  }
  return into
}
