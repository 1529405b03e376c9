import { isObject } from '../json.ts'
import type { Json, ScimUser } from '../model.ts'
import { parseScimPath, type ScimPath } from '../plan/mapping/scim.ts'

/**
 * The SCIM places of values that an account holds otherwise than the record, in the order of the
 * comparison. What the record clears or does not name is not compared: whether the service clears it
 * is decided in the job.
 */
export function differingAttributes(
  record: ScimUser,
  values: ReadonlyMap<string, string | null>,
): readonly string[] {
  return [...values].flatMap(([place, held]) => {
    const path = pathOf(place)
    const sent = path === null ? null : textAt(record, path)
    return sent === null || sent === normalised(held ?? '') ? [] : [place]
  })
}

const paths = new Map<string, ScimPath | null>()
function pathOf(place: string): ScimPath | null {
  const known = paths.get(place)
  if (known !== undefined) return known
  const path = parseScimPath(place)
  paths.set(place, path)
  return path
}

function textAt(record: ScimUser, { urn, name, entry, sub }: ScimPath): string | null {
  const parent: Json | undefined = urn === null ? record : record[urn]
  const there = isObject(parent) ? parent[name] : undefined
  const at = entry === null ? there : entryOf(there, entry)
  const value = sub === null ? at : isObject(at) ? at[sub] : undefined
  if (value === undefined || value === null || typeof value === 'object') return null
  const text = normalised(String(value))
  return text === '' ? null : text
}

function entryOf(list: Json | undefined, type: string): Json | undefined {
  return Array.isArray(list) ? list.find((one) => isObject(one) && one['type'] === type) : undefined
}

/** Surrounding blanks and the form of a composed letter are not a difference. */
const normalised = (text: string): string => text.trim().normalize('NFC')
