import { isObject, isShallow, MAX_DEPTH } from '../../../json.ts'
import type { Json, JsonObject } from '../../../model.ts'
import { bare } from '../../../own.ts'
import type { Editor } from '../../dead-letters/selection/edit.ts'
import { patching } from './apply.ts'

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
export function mergePatching(patch: Json): Editor {
  return patching((body) => ({ kind: 'patched', body: mergePatch(body, patch) }))
}

export type MergePatchText =
  | { readonly kind: 'patch'; readonly patch: Json }
  | { readonly kind: 'not-json' | 'too-deep' }

/** What an operator wrote as a JSON Merge Patch. */
export function readMergePatch(text: string): MergePatchText {
  try {
    const patch = JSON.parse(text) as Json
    return isShallow(patch, MAX_DEPTH) ? { kind: 'patch', patch } : { kind: 'too-deep' }
  } catch {
    return { kind: 'not-json' }
  }
}
