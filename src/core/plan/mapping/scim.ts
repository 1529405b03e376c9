import type { Json, JsonObject, ScimUser } from '../../model.ts'
import { own } from '../../own.ts'
import { isObject } from '../../json.ts'

export const CORE_USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const ENTERPRISE_USER = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const BULK_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'

/**
 * A place in a SCIM user: `title`, `name.givenName`, `emails[type eq "work"].value`,
 * `urn:…:User:department`, `urn:…:User:manager.value`. These are the spellings Entra's own
 * attribute lists use.
 */
export interface ScimPath {
  readonly text: string
  /** The extension schema it belongs to; `null` for the core schema. */
  readonly urn: string | null
  readonly name: string
  /** Set for a multi-valued attribute: the `type` of the one entry that counts. */
  readonly entry: string | null
  readonly sub: string | null
}

const SPELLING = /^(?:(urn:.+):)?([A-Za-z$][\w$-]*)(?:\[type eq "([\w-]+)"\])?(?:\.([\w$-]+))?$/

/** `null` when the text is not such a place. */
export function parseScimPath(text: string): ScimPath | null {
  const found = SPELLING.exec(text)
  // A draft is a plain object, and an assignment to `__proto__` would replace its prototype.
  if (!found?.[2] || text.split(/[.:]/).includes('__proto__')) return null
  return { text, urn: found[1] ?? null, name: found[2], entry: found[3] ?? null, sub: found[4] ?? null }
}

/** A SCIM user under construction: plain objects and lists, built path by path. */
export type ScimDraft = { [key: string]: Json | ScimDraft | ScimDraft[] }

export function setScim(draft: ScimDraft, path: ScimPath, value: Json): void {
  const parent = path.urn === null ? draft : below(draft, path.urn)
  if (path.entry !== null) {
    const list = own(parent, path.name) ?? (parent[path.name] = [])
    if (!isDraftList(list)) return
    let entry = list.find((one) => one['type'] === path.entry)
    if (!entry) list.push((entry = { type: path.entry }))
    entry[path.sub ?? 'value'] = value
  } else if (path.sub !== null) below(parent, path.name)[path.sub] = value
  else parent[path.name] = value
}

function below(draft: ScimDraft, key: string): ScimDraft {
  const there = own(draft, key)
  if (isDraft(there)) return there
  const made: ScimDraft = {}
  draft[key] = made
  return made
}

function isDraft(value: ScimDraft[string] | undefined): value is ScimDraft {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
function isDraftList(value: ScimDraft[string] | undefined): value is ScimDraft[] {
  return Array.isArray(value)
}

/**
 * How the provisioning log spells a record's values in its import step: keys without `.` and `:`,
 * everything as text (seen in real records: `namefamilyName`, `addresses[type eq "work"]country`,
 * `…enterprise20Usermanager`). A cleared value is `null`.
 */
export function echoOf(record: ScimUser): ReadonlyMap<string, string | null> {
  const echo = new Map<string, string | null>()
  echoObject(record, '', echo)
  return echo
}

function echoObject(object: JsonObject, prefix: string, echo: Map<string, string | null>): void {
  for (const [key, value] of Object.entries(object)) {
    if (key === 'schemas') continue
    const path = prefix + withoutPunctuation(key)
    if (key === 'manager' && isObject(value)) echo.set(path, text(value['value'] ?? null))
    else if (isObject(value)) echoObject(value, path, echo)
    else if (Array.isArray(value)) for (const entry of value) echoEntry(entry, path, echo)
    else echo.set(path, text(value))
  }
}

function withoutPunctuation(key: string): string {
  return key.includes('.') || key.includes(':') ? key.replaceAll(/[.:]/g, '') : key
}

function echoEntry(entry: Json, path: string, echo: Map<string, string | null>): void {
  if (!isObject(entry)) return
  const { type, ...rest } = entry
  echoObject(rest, `${path}[type eq "${typeof type === 'string' ? type : ''}"]`, echo)
}

function text(value: Json): string | null {
  if (value === null) return null
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
