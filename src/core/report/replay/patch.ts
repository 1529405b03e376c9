import { isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../model.ts'
import { unwrapped } from '../../intake/body/text.ts'
import { bare } from '../../own.ts'
import { parseJson } from '../../parse-json.ts'
import type { Editor } from '../dead-letters/edit.ts'

/** JSON Merge Patch (RFC 7396): objects are merged, `null` removes, everything else replaces. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch
  const merged = bare(isObject(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = mergePatch(merged[key] ?? null, value)
  }
  return merged satisfies JsonObject
}

/** Applies a JSON Merge Patch to every body. */
export function patchBodies(patch: Json): Editor {
  return () => (body) => {
    try {
      return JSON.stringify(mergePatch(unwrapped(parseJson(body)), patch))
    } catch {
      // The body stays as it is, and intake says what is wrong with it.
      return body
    }
  }
}
