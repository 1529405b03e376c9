import type { Attribute, Json, ScimUser } from '../../model.ts'
import { isObject } from '../../json.ts'
import type { Mapping } from './mapping.ts'

/** One value of a record, its place, and the attributes it is made of. */
export interface RecordValue {
  /**
   * As Entra's attribute lists spell it: `name.givenName`, `emails[type eq "work"].value`,
   * `urn:…:User:department`.
   */
  readonly target: string
  readonly value: Json
  /** Worker attributes it depends on; empty for a constant. */
  readonly from: readonly string[]
  /** Ledger sequences of the events those come from, each once. */
  readonly by: readonly number[]
}

/**
 * The values of an employee's record, each with the events it comes from. Leaves the attributes out
 * one by one to find which of them a value depends on, so it works for any mapping, expressions
 * included. It maps the record once per attribute.
 */
export async function valueOrigins(
  mapping: Mapping,
  employeeId: string,
  attributes: ReadonlyMap<string, Attribute>,
): Promise<readonly RecordValue[]> {
  const valuesWithout = async (path: string | null): Promise<ReadonlyMap<string, Json>> => {
    const rest = new Map(attributes)
    if (path !== null) rest.delete(path)
    return scimValues((await mapping.map(employeeId, rest)).record)
  }
  const paths = [...attributes.keys()].filter((path) => mapping.uses(path))
  const [whole = new Map<string, Json>(), ...rests] = await Promise.all([null, ...paths].map(valuesWithout))
  const from = new Map<string, string[]>([...whole.keys()].map((target) => [target, []]))
  for (const [index, path] of paths.entries()) {
    const rest = rests[index] ?? whole
    for (const [target, value] of whole)
      if (JSON.stringify(rest.get(target)) !== JSON.stringify(value)) from.get(target)?.push(path)
  }
  return [...whole].map(([target, value]): RecordValue => {
    const paths = from.get(target) ?? []
    const by = paths.flatMap((path) => attributes.get(path)?.by ?? [])
    return { target, value, from: paths, by: [...new Set(by)] }
  })
}

/**
 * A SCIM user as places and values; `schemas` and `externalId` are the same in every record of a
 * person and left out.
 */
export function scimValues(record: ScimUser): ReadonlyMap<string, Json> {
  const values = new Map<string, Json>()
  for (const [key, value] of Object.entries(record)) {
    if (key === 'schemas' || key === 'externalId') continue
    collect(value, key, key.startsWith('urn:') ? ':' : '.', values)
  }
  return values
}

function collect(value: Json, place: string, separator: string, values: Map<string, Json>): void {
  if (isObject(value))
    for (const [key, below] of Object.entries(value)) collect(below, place + separator + key, '.', values)
  else if (Array.isArray(value) && value.length > 0 && value.every(isObject))
    for (const entry of value) collectEntry(entry, place, values)
  else values.set(place, value)
}

function collectEntry(entry: Json, place: string, values: Map<string, Json>): void {
  if (!isObject(entry)) return
  const { type, ...rest } = entry
  collect(rest, typeof type === 'string' ? `${place}[type eq "${type}"]` : place, '.', values)
}

/**
 * What a record changes, compared with the last accepted one. Both are whole records, so a missing
 * place is an absent value.
 */
export type Change =
  | { readonly kind: 'added'; readonly target: string; readonly to: Json }
  | { readonly kind: 'changed'; readonly target: string; readonly from: Json; readonly to: Json }
  /**
   * The place is in the last accepted record and not in this one: the connector no longer sets it.
   */
  | { readonly kind: 'left out'; readonly target: string; readonly from: Json }

export function changesBetween(lastAccepted: ScimUser | null, record: ScimUser): readonly Change[] {
  const before = lastAccepted === null ? new Map<string, Json>() : scimValues(lastAccepted)
  const after = scimValues(record)
  const changes: Change[] = []
  for (const [target, to] of after) {
    const from = before.get(target)
    if (from === undefined) changes.push({ kind: 'added', target, to })
    else if (JSON.stringify(from) !== JSON.stringify(to)) changes.push({ kind: 'changed', target, from, to })
  }
  for (const [target, from] of before)
    if (!after.has(target)) changes.push({ kind: 'left out', target, from })
  return changes
}
