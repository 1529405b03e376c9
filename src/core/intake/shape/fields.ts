import { isObject } from '../../json.ts'
import type { Json } from '../../model.ts'
import { compareText } from '../../plan/fold/order.ts'
import type { RejectionCode } from '../../reasons.ts'
import { effectiveInstant, instant } from '../event/dates.ts'

/**
 * The kinds of a payload's fields. An `instant` may lack an offset; an `id` is text or a whole
 * number, `any` is anything but null.
 */
export const FIELD_KINDS = [
  'text',
  'id',
  'instant',
  'date',
  'number',
  'boolean',
  'object',
  'list',
  'any',
] as const
export type FieldKind = (typeof FIELD_KINDS)[number]

/**
 * Dotted path → kind. `?` allows the field to be missing or null. Of `a | b` the first that exists
 * counts.
 */
export type FieldRules = Readonly<Record<string, FieldKind | `${FieldKind}?`>>

interface Field {
  readonly path: string
  readonly kind: FieldKind
  readonly optional: boolean
}

/** A field that is not as the rules say. `what` goes on after its name, and quotes no value. */
export interface WrongField {
  readonly code: RejectionCode
  readonly path: string
  readonly what: string
}

/** Finds the first field of a payload that is missing or wrong. */
export function compileFields(rules: FieldRules): (payload: Json) => WrongField | null {
  const fields = Object.entries(rules).map(([path, kind]) => fieldOf(path, kind))
  return (payload) => {
    for (const field of fields) {
      const wrong = check(field, valueAt(payload, field.path))
      if (wrong) return wrong
    }
    return null
  }
}

function fieldOf(path: string, written: FieldKind | `${FieldKind}?`): Field {
  const optional = written.endsWith('?')
  const kind = FIELD_KINDS.find((kind) => kind === (optional ? written.slice(0, -1) : written))
  return { path, kind: kind ?? 'text', optional }
}

function check({ path, kind, optional }: Field, value: Json | undefined): WrongField | null {
  if (value === undefined || value === null)
    return optional ? null : { code: 'FieldMissing', path, what: 'is missing' }
  return is(kind, value) ? null : { code: 'FieldInvalid', path, what: EXPECTED[kind] }
}

const EXPECTED: Readonly<Record<FieldKind, string>> = {
  text: 'is not text, or is empty',
  id: 'is neither a text nor a whole number',
  instant: 'is not a date-time such as 2026-11-02T08:15:00Z',
  date: 'is not a date such as 2026-12-01',
  number: 'is not a number',
  boolean: 'is neither true nor false',
  object: 'is not an object',
  list: 'is not a list',
  any: 'is missing',
}

function is(kind: FieldKind, value: Json): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string' && value !== ''
    case 'id':
      return (
        (typeof value === 'string' && value !== '') ||
        (typeof value === 'number' && Number.isSafeInteger(value))
      )
    case 'instant':
      return typeof value === 'string' && instant(value, 'UTC') !== null
    case 'date':
      return typeof value === 'string' && effectiveInstant(value, 'UTC') !== null
    case 'number':
      return typeof value === 'number'
    case 'boolean':
      return typeof value === 'boolean'
    case 'object':
      return isObject(value) || isEmpty(value)
    case 'list':
      return isList(value)
    case 'any':
      return true
  }
}

/** Nothing, as PHP (an empty list) and converters of XML (an empty text) write an empty map. */
export function isEmpty(value: Json): boolean {
  return value === '' || (isList(value) && value.length === 0)
}

const MESSAGE = '$message.'
const PROPERTIES = `${MESSAGE}properties.`

/** Whether a path is about the message around the body. */
export function isOfMessage(path: string): boolean {
  return path.startsWith(MESSAGE)
}

/** The keys of a path. The name of an application property is one key, whatever dots it has. */
export function keysOf(path: string): readonly string[] {
  return path.startsWith(PROPERTIES)
    ? ['$message', 'properties', path.slice(PROPERTIES.length)]
    : path.split('.')
}

/** The value at the first of the paths that holds something. */
export function valueAt(payload: Json, paths: string): Json | undefined {
  for (const path of paths.split(' | ')) {
    let value: Json | undefined = payload
    for (const key of keysOf(path))
      value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
    if (value !== undefined && value !== null) return value
  }
  return undefined
}

/**
 * The id of an event that gives none: the value at a path, or the digest of several. Values are
 * written in a fixed form, so that the same payload has the same id on every machine and at every
 * delivery.
 */
export function idOf(
  id: string | readonly string[],
  payload: Json,
  source: string,
  digest: (text: string) => string,
): string {
  if (typeof id === 'string') {
    const value = valueAt(payload, id)
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  return digest(written([source, ...id.map((path) => valueAt(payload, path) ?? null)])).slice(0, 32)
}

/** JSON in one spelling: the order of an object's keys does not count. */
function written(value: Json): string {
  if (isList(value)) return `[${value.map(written).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const keys = Object.keys(value).sort(compareText)
  return `{${keys.map((key) => `${JSON.stringify(key)}:${written(value[key] ?? null)}`).join(',')}}`
}

/** A value as a list: nothing is empty, and one value is a list of one. */
export function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return []
  return isList(value) ? value : [value]
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
