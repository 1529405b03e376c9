import { isObject } from '../../../json.ts'
import type { Json } from '../../../model.ts'
import { bare, own } from '../../../own.ts'
import type { Placed } from './apply.ts'

/** A key of an object, or an index of a list. */
export type Part = string | number

/** The parts of a path such as `data.worker.emails[0].value`. */
export function partsOf(path: string): readonly Part[] {
  return path.split('.').flatMap((written): readonly Part[] => {
    const [, name = written, indexes = ''] = /^([^[\]]*)((?:\[\d+\])+)$/.exec(written) ?? []
    const numbers = [...indexes.matchAll(/\d+/g)].map(([digits]) => Number(digits))
    return name === '' && numbers.length > 0 ? numbers : [name, ...numbers]
  })
}

/**
 * A body with another value at a place. Objects on the way are made where they do not exist; a list
 * is changed only at an item that it has.
 */
export function placeValue(
  body: Json,
  place: readonly Part[],
  value: (present: Json | undefined) => Json,
): Placed {
  const placed = placeIn(body, place, value)
  if (placed !== null) return { kind: 'patched', body: placed }
  return {
    kind: 'failed',
    why: `${spelled(place)} does not fit into the body: a part of it has another form`,
  }
}

/** `null` when the place does not fit. */
function placeIn(
  at: Json | undefined,
  [part, ...rest]: readonly Part[],
  value: (present: Json | undefined) => Json,
): Json | null {
  if (part === undefined) return value(at)
  if (typeof part === 'number') {
    if (!Array.isArray(at) || part >= at.length) return null
    const items = at as readonly Json[]
    const item = rest.length === 0 ? value(items[part]) : placeIn(items[part], rest, value)
    if (item === null && rest.length > 0) return null
    return items.with(part, item)
  }
  if (at !== undefined && at !== null && !isObject(at)) return null
  const object = at ?? {}
  const below = rest.length === 0 ? value(own(object, part)) : placeIn(own(object, part), rest, value)
  if (below === null && rest.length > 0) return null
  const placed = bare(Object.entries(object))
  placed[part] = below
  return placed
}

function spelled(place: readonly Part[]): string {
  return place
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '')
}
