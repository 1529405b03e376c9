import type { Json, JsonObject } from './model.ts'

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Deeper than any HR record; without a limit a hostile body could exhaust the stack. */
export const MAX_DEPTH = 32

/** Whether a value has at most `depth` levels. Looks no deeper, so it never exhausts the stack. */
export function isShallow(value: Json, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  for (const child of Object.values(value)) if (!isShallow(child, depth - 1)) return false
  return true
}
