import { isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../model.ts'
import { own } from '../../own.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
/** Lists of RFC 7643, section 4.1.2, and the names that the canonical form has for them. */
const LISTS: Readonly<Record<string, { readonly name: string; readonly value: 'value' | 'whole' }>> = {
  emails: { name: 'emails', value: 'value' },
  phoneNumbers: { name: 'phones', value: 'value' },
  addresses: { name: 'address', value: 'whole' },
}
/** Named by the resource itself, not attributes of an employee. */
const RESOURCE_FIELDS = new Set(['schemas', 'meta'])

/**
 * A worker that is written as a SCIM user (RFC 7643) in the canonical form: `emails: [{ type, value
 * }]` becomes `emails.work`, `manager.value` becomes `managerId`, and the enterprise extension
 * stands beside the rest. What is already canonical, or could be read in two ways, stays as it is.
 */
export function fromScim(worker: JsonObject): JsonObject {
  if (!isScim(worker)) return worker
  const made: (readonly [name: string, value: Json])[] = []
  for (const [name, value] of Object.entries(worker)) {
    if (RESOURCE_FIELDS.has(name) && Array.isArray(worker['schemas'])) continue
    const list = own(LISTS, name)
    const byType = list && Array.isArray(value) ? valuesByType(value, list.value) : null
    if (list && byType) made.push([list.name, byType])
    else if (name === ENTERPRISE && isObject(value)) made.push(...Object.entries(fromScim(value)))
    else if (name === 'manager') made.push(managerOf(value) ?? [name, value])
    else made.push([name, value])
  }
  // A name that every object has stays a plain name.
  return Object.fromEntries(made)
}

function isScim(worker: JsonObject): boolean {
  return (
    ENTERPRISE in worker ||
    Array.isArray(worker['schemas']) ||
    managerOf(worker['manager']) !== null ||
    Object.keys(LISTS).some((name) => Array.isArray(worker[name]))
  )
}

/** `null` when it does not name a manager as SCIM does. */
function managerOf(manager: Json | undefined): readonly [name: 'managerId', value: Json] | null {
  if (!isObject(manager)) return null
  const { value } = manager
  return typeof value === 'string' || typeof value === 'number' || value === null
    ? ['managerId', value]
    : null
}

/**
 * The values of a list under their types; one without a type is that of work. `null` when two have
 * one type, or one does not have the form of SCIM.
 */
function valuesByType(list: readonly Json[], of: 'value' | 'whole'): JsonObject | null {
  const values = new Map<string, Json>()
  for (const item of list) {
    if (!isObject(item)) return null
    const { type = 'work', primary: _primary, display: _display, ...rest } = item
    const value = of === 'value' ? rest['value'] : rest
    if (typeof type !== 'string' || value === undefined || values.has(type)) return null
    values.set(type, value)
  }
  return Object.fromEntries(values)
}
