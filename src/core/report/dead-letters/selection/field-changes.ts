import { unwrapped } from '../../../intake/body/text.ts'
import { isObject } from '../../../json.ts'
import type { Json } from '../../../model.ts'
import { own } from '../../../own.ts'
import { readJson } from '../../../parse-json.ts'

/** One place of a body that an edit changes. */
export interface FieldChange {
  /** Dotted, with the index of an item in brackets: `data.worker.emails[0].value`. */
  readonly path: string
  /** `undefined` where the place does not exist; so is `after`. */
  readonly before: Json | undefined
  readonly after: Json | undefined
}

/**
 * The places in which two bodies differ, in their order in the first. A value that becomes an
 * object, or no longer is one, is one change. None when a body is not JSON.
 */
export function changesOfBody(before: string, after: string): readonly FieldChange[] {
  const [one, other] = [readJson(before), readJson(after)]
  if (one.kind !== 'json' || other.kind !== 'json') return []
  return changesBetween(unwrapped(one.value), unwrapped(other.value))
}

export function changesBetween(before: Json, after: Json): readonly FieldChange[] {
  const changes: FieldChange[] = []
  compare({ path: '', before, after }, changes)
  return changes
}

function compare({ path, before, after }: FieldChange, changes: FieldChange[]): void {
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      compare(
        { path: path === '' ? key : `${path}.${key}`, before: own(before, key), after: own(after, key) },
        changes,
      )
  } else if (Array.isArray(before) && Array.isArray(after)) {
    const longer = Math.max(before.length, after.length)
    for (let index = 0; index < longer; index += 1)
      compare({ path: `${path}[${index}]`, before: before[index], after: after[index] }, changes)
  } else if (JSON.stringify(before) !== JSON.stringify(after)) changes.push({ path, before, after })
}
