import { isObject } from '../json.ts'
import type { Json, ScimUser } from '../model.ts'
import { parseScimPath, type ScimPath } from '../plan/mapping/scim.ts'

/**
 * Which values count that a record has none for, while the account holds one. Whether the service
 * clears them is decided in the job: the source attribute and its mapping have to let null values
 * flow, and Graph shows only the first.
 */
export interface Cleared {
  /** Those that were sent as null or as an empty text. */
  readonly sent: boolean
  /** Those that a record left out, by their places. */
  readonly omitted: ReadonlySet<string>
}

export const CLEARED_MODES = ['ignored', 'sent', 'omitted'] as const

/** `places` are those that the mapping fills. */
export function clearedOf(mode: (typeof CLEARED_MODES)[number], places: Iterable<string>): Cleared {
  return { sent: mode !== 'ignored', omitted: new Set(mode === 'omitted' ? places : []) }
}

/**
 * The SCIM places of values that an account holds otherwise than the record, in the order of the
 * comparison.
 */
export function differingAttributes(
  record: ScimUser,
  values: ReadonlyMap<string, string | null>,
  cleared: Cleared,
): readonly string[] {
  return [...values].flatMap(([place, held]) => {
    const sent = sentAt(record, place)
    if (sent.kind === 'value') return sent.text === normalised(held ?? '') ? [] : [place]
    return isNotCleared(place, sent, held, cleared) ? [notCleared(place)] : []
  })
}

/** What a record says about a place. */
export type Sent =
  | { readonly kind: 'value'; readonly text: string }
  /** Null, or an empty text. */
  | { readonly kind: 'null' }
  /** Left out of an object that is there: leaving it out may clear it. */
  | { readonly kind: 'omitted' }
  /** Left out with the object that would hold it, or not a single value. */
  | { readonly kind: 'not compared' }

/** Whether an account holds a value where it should hold none. */
export function isNotCleared(
  place: string,
  { kind }: Sent,
  held: string | null,
  { sent, omitted }: Cleared,
): boolean {
  if (held === null || normalised(held) === '') return false
  return (kind === 'null' && sent) || (kind === 'omitted' && omitted.has(place))
}

/** How a finding names a place that should be empty. */
export const notCleared = (place: string): string => `${place} (not cleared)`

const paths = new Map<string, ScimPath | null>()
function pathOf(place: string): ScimPath | null {
  const known = paths.get(place)
  if (known !== undefined) return known
  const path = parseScimPath(place)
  paths.set(place, path)
  return path
}

/**
 * Leaving out a part clears it only if the object or the entry that contains it is sent
 * (clear-attribute-values.md of github.com/MicrosoftDocs/entra-docs).
 */
export function sentAt(record: ScimUser, place: string): Sent {
  const path = pathOf(place)
  if (path === null) return NOT_COMPARED
  const { urn, name, entry, sub } = path
  const parent: Json | undefined = urn === null ? record : record[urn]
  const there = isObject(parent) ? parent[name] : undefined
  if (entry !== null) return sentIn(entryOf(there, entry), sub ?? 'value')
  return sub === null ? sentIn(parent, name) : sentIn(there, sub)
}

const NOT_COMPARED: Sent = { kind: 'not compared' }

function sentIn(container: Json | undefined, name: string): Sent {
  if (container === null) return { kind: 'null' }
  if (!isObject(container)) return NOT_COMPARED
  const value = container[name]
  if (value === undefined) return { kind: 'omitted' }
  if (typeof value === 'object' && value !== null) return NOT_COMPARED
  const text = value === null ? '' : normalised(String(value))
  return text === '' ? { kind: 'null' } : { kind: 'value', text }
}

function entryOf(list: Json | undefined, type: string): Json | undefined {
  return Array.isArray(list) ? list.find((one) => isObject(one) && one['type'] === type) : undefined
}

/** Surrounding blanks and the form of a composed letter are not a difference. */
const normalised = (text: string): string => text.trim().normalize('NFC')
