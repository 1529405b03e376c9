import { z } from 'zod'
import { isObject, parseJson } from '../support/json.ts'
import type { Value } from './row.ts'
import { attributeAt, REQUIRED_PLACES } from './scim-user.ts'

/** What a request writes: attributes of the directory, `null` for one that is removed. */
export type Writes = ReadonlyMap<string, Value | null>

/** What is wrong with a request, as the rest of a sentence. */
export interface Fault {
  readonly fault: string
}

const value = z.union([z.string(), z.boolean(), z.strictObject({ value: z.string() })])
const operation = z.discriminatedUnion('op', [
  z.object({ op: z.enum(['add', 'replace']), path: z.string(), value }),
  z.object({ op: z.literal('remove'), path: z.string() }),
])
const operations = z.array(
  z.preprocess((one) => (isObject(one) ? { ...one, op: String(one['op']).toLowerCase() } : one), operation),
)
/** The reference writes both `Operations` and `operations`. */
const patchSchema = z
  .object({ Operations: operations.optional(), operations: operations.optional() })
  .transform((body) => body.Operations ?? body.operations ?? [])

type Written = z.output<typeof value>

/** What a PatchOp writes. Single values only: a whole `name` or `addresses` is not supported. */
export function readPatch(text: string): Writes | Fault {
  const parsed = patchSchema.safeParse(parseJson(text))
  if (!parsed.success || parsed.data.length === 0)
    return { fault: 'The request body is not a supported PatchOp.' }
  const writes = new Map<string, Value | null>()
  for (const one of parsed.data) {
    const written = one.op === 'remove' ? null : one.value
    const fault = write(writes, one.path, written)
    if (fault !== null) return fault
  }
  return writes
}

/** What a new user is made of. The password is required, and not kept. */
export function readUser(text: string): Writes | Fault {
  const body = parseJson(text)
  if (!isObject(body)) return { fault: 'The request body is not a user.' }
  const places = new Map(placesOf(body))
  const missing = REQUIRED_PLACES.filter((place) => !places.has(place))
  if (missing.length > 0) return { fault: `Required attributes are missing: ${missing.join(', ')}.` }
  places.delete('password')
  const writes = new Map<string, Value | null>()
  for (const [place, written] of places) {
    const parsed = value.safeParse(written)
    if (!parsed.success) return { fault: `The value of '${place}' is not supported.` }
    const fault = write(writes, place, parsed.data)
    if (fault !== null) return fault
  }
  return writes
}

/** `active` is a boolean, the manager an object with an id, and the others are texts. */
function write(writes: Map<string, Value | null>, place: string, written: Written | null): Fault | null {
  const attribute = attributeAt(place)
  if (attribute === undefined) return { fault: `The attribute '${place}' is not in the schema.` }
  if (written === null) {
    if (attribute === 'mailNickname' || attribute === 'accountEnabled')
      return { fault: `The attribute '${place}' can't be removed.` }
    writes.set(attribute, null)
    return null
  }
  const type = attribute === 'manager' ? 'object' : attribute === 'accountEnabled' ? 'boolean' : 'string'
  if (typeof written !== type) return { fault: `The value of '${place}' has the wrong type.` }
  writes.set(attribute, typeof written === 'object' ? written.value : written)
  return null
}

/** A user as places and values. The one mail address of type work is the primary one. */
function* placesOf(user: Readonly<Record<string, unknown>>): Generator<readonly [string, unknown]> {
  for (const [key, given] of Object.entries(user)) {
    if (key === 'schemas') continue
    if (Array.isArray(given)) yield* entriesOf(key, given)
    else if (isObject(given) && key.startsWith('urn:'))
      for (const [name, one] of Object.entries(given)) yield [`${key}:${name}`, one]
    else if (isObject(given)) for (const [name, one] of Object.entries(given)) yield [`${key}.${name}`, one]
    else yield [key, given]
  }
}

function* entriesOf(key: string, list: readonly unknown[]): Generator<readonly [string, unknown]> {
  for (const entry of list) {
    if (!isObject(entry)) continue
    const { type, primary, ...rest } = entry
    const which =
      primary === true ? `type eq "${String(type)}" and primary eq true` : `type eq "${String(type)}"`
    for (const [name, one] of Object.entries(rest)) yield [`${key}[${which}].${name}`, one]
  }
}
