import { isObject } from '../support/json.ts'
import { type Row, type Rows, type Segment, type Shape, type Value, WORK } from './row.ts'

export const CORE_USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const ENTERPRISE_USER = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const BULK_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'
export const MANAGER = `${ENTERPRISE_USER}:manager`

/** How a path names the entry of type "work" of a list. */
const WORK_ENTRY = '[type eq "work"]'
const WORK_KEY = '\u0000work'

/**
 * Attribute names are case-insensitive (RFC 7643 §2.1), and Microsoft's own CSV sample writes
 * `username`.
 */
const CANONICAL_NAMES = new Map(
  [
    'externalId',
    'userName',
    'displayName',
    'nickName',
    'profileUrl',
    'title',
    'userType',
    'preferredLanguage',
    'locale',
    'timezone',
    'active',
  ]
    .concat([
      'name',
      'emails',
      'addresses',
      'phoneNumbers',
      'schemas',
      'manager',
      'department',
      'division',
      'costCenter',
      'organization',
    ])
    .concat(['employeeNumber'])
    .map((name) => [name.toLowerCase(), name]),
)

/** Parts of the message, not attributes of the user. */
const NOT_ATTRIBUTES = new Set(['schemas', 'id', 'meta', 'resourceType'])

const join = (at: string, name: string): string =>
  at === '' ? name : `${at}${at.toLowerCase().startsWith('urn:') ? ':' : '.'}${name}`

/**
 * The attributes of a SCIM user by path, as the mapping names them: `name.givenName`, `emails[type
 * eq "work"].value`, `urn:…:User:department`, the manager's externalId under `urn:…:User:manager`.
 * Null and the empty string are absent: with or without the null flow they mean the same as leaving
 * the attribute out. Of lists only the entry of type "work" is read (documented).
 */
export function flatten(data: Readonly<Record<string, unknown>>, rows: Rows): Map<string, Value> {
  const found = new Map<string, Value>()
  for (const [key, value] of Object.entries(data)) {
    const name = CANONICAL_NAMES.get(key.toLowerCase()) ?? key
    if (!NOT_ATTRIBUTES.has(name)) walk(found, rows, name, [name], value, 0)
  }
  return found
}

function walk(
  found: Map<string, Value>,
  rows: Rows,
  path: string,
  way: readonly Segment[],
  value: unknown,
  depth: number,
): void {
  if (value === null || value === undefined || value === '' || depth > 8) return
  if (typeof value === 'string' && path === MANAGER) {
    found.set(
      rows.path(path, () => [...way, 'value']),
      value,
    )
  } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    found.set(
      rows.path(path, () => way),
      value,
    )
  } else if (Array.isArray(value)) {
    list(found, rows, path, way, value, depth)
  } else if (isObject(value)) {
    for (const [key, part] of Object.entries(value)) {
      const name = way.length === 1 ? (CANONICAL_NAMES.get(key.toLowerCase()) ?? key) : key
      if (path === MANAGER && name === 'value') {
        if (typeof part === 'string' || typeof part === 'number')
          walk(found, rows, MANAGER, way, String(part), depth + 1)
      } else
        walk(
          found,
          rows,
          path === MANAGER ? `${path}.${name}` : join(path, name),
          [...way, name],
          part,
          depth + 1,
        )
    }
  }
}

function list(
  found: Map<string, Value>,
  rows: Rows,
  path: string,
  way: readonly Segment[],
  items: readonly unknown[],
  depth: number,
): void {
  if (items.some(isObject)) {
    const work = items.find(
      (item) => isObject(item) && typeof item['type'] === 'string' && item['type'].toLowerCase() === 'work',
    )
    if (!isObject(work)) return
    for (const [key, part] of Object.entries(work)) {
      if (key !== 'type')
        walk(found, rows, `${path}${WORK_ENTRY}.${key}`, [...way, WORK, key], part, depth + 2)
    }
    return
  }
  const values = items.filter((item): item is string | number | boolean =>
    ['string', 'number', 'boolean'].includes(typeof item),
  )
  if (values.length > 0) {
    found.set(
      rows.path(path, () => way),
      values,
    )
  }
}

/** The way that a path stands for, unless a name on it has dots or colons of its own. */
export function parsePath(path: string): readonly Segment[] {
  if (path === MANAGER) return [ENTERPRISE_USER, 'manager', 'value']
  const colon = path.toLowerCase().startsWith('urn:') ? path.lastIndexOf(':') : -1
  const parts = path
    .slice(colon + 1)
    .split('.')
    .flatMap((part): readonly Segment[] => {
      const name = part.endsWith(WORK_ENTRY) ? part.slice(0, -WORK_ENTRY.length) : undefined
      return name === undefined ? [part] : [name, WORK]
    })
  return colon === -1 ? parts : [path.slice(0, colon), ...parts]
}

/**
 * Where the values of a shape belong in the SCIM user: an index, an object, or the work entry of a
 * list.
 */
interface Plan {
  readonly isWork: boolean
  readonly parts: readonly (readonly [string, Plan | number])[]
}
interface Branch extends Map<string, Branch | number> {}

/**
 * Gives back the SCIM user that a row came from, with the work entries in their lists. What it
 * learns of a shape it keeps with the shape.
 */
export function createUnflatten(rows: Rows): (row: Row) => Readonly<Record<string, unknown>> {
  const plans = new WeakMap<Shape, Plan>()

  function planOf(shape: Shape): Plan {
    const known = plans.get(shape)
    if (known !== undefined) return known
    const root: Branch = new Map()
    for (const [index, path] of shape.names.entries()) {
      let at = root
      const way = rows.segments(path)
      for (const [depth, segment] of way.entries()) {
        const name = segment === WORK ? WORK_KEY : segment
        const next = at.get(name)
        if (depth === way.length - 1) at.set(name, index)
        else if (next instanceof Map) at = next
        else {
          const branch: Branch = new Map()
          at.set(name, branch)
          at = branch
        }
      }
    }
    const plan = settle(root)
    plans.set(shape, plan)
    return plan
  }

  return (row) => build(planOf(row.shape), row)
}

function settle(branch: Branch): Plan {
  const work = branch.get(WORK_KEY)
  const parts = [...(work instanceof Map ? work : branch)]
  return {
    isWork: work instanceof Map,
    parts: parts.map(([name, part]) => [name, typeof part === 'number' ? part : settle(part)]),
  }
}

function build(plan: Plan, row: Row): Readonly<Record<string, unknown>> {
  const built: Record<string, unknown> = plan.isWork ? { type: 'work' } : {}
  for (const [name, part] of plan.parts) {
    const value = valueAt(part, row)
    // An assignment to this name would not make a property.
    if (name === '__proto__')
      Object.defineProperty(built, name, { value, enumerable: true, configurable: true, writable: true })
    else built[name] = value
  }
  return built
}

function valueAt(part: Plan | number, row: Row): unknown {
  if (typeof part === 'number') return row.values[part]
  const built = build(part, row)
  return part.isWork ? [built] : built
}

/**
 * The key of an imported attribute in a log record's details: the path without `.` and `:`. Source:
 * the real records.
 */
export const echoKey = (path: string): string => path.replaceAll(/[.:]/g, '')
