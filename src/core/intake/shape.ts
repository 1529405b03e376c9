import { RollcallError } from '../errors.ts'
import { compileExpression, evaluateOne, type Expression } from '../expression/compile.ts'
import type { Evaluator } from '../expression/evaluator.ts'
import { isObject } from '../json.ts'
import type { Json } from '../model.ts'
import { type Envelope, reject, type Rejection } from './decode.ts'
import type { RejectionCode } from '../reasons.ts'
import { type AccessRules, compileAccess } from './access.ts'
import { compareText } from '../plan/fold/order.ts'
import { effectiveInstant, instant } from './dates.ts'

/** What a field of a payload has to be. `instant` may name no zone, `id` is a text or a whole number. */
export const FIELD_KINDS = ['text', 'id', 'instant', 'date', 'number', 'boolean', 'object', 'list'] as const
export type FieldKind = (typeof FIELD_KINDS)[number]

/** How a vendor's payload becomes canonical events. Data: it may come from a file. */
export interface ShapeRules {
  /** JSONata over the body: the items it carries. Without it the body is one item, or a list of them. */
  readonly items?: string
  /**
   * Dotted paths in an item that have to be there, and what they have to be. `?` behind the kind allows them to be missing or null. Of several
   * paths with ` | ` between them the first that is there counts.
   */
  readonly fields?: Readonly<Record<string, FieldKind | `${FieldKind}?`>>
  /** The id of an event that gives none: a path in the item, or several whose values are digested together where the vendor has no id. */
  readonly id?: string | readonly string[]
  /**
   * How a status in an item becomes access. `event` sees it as `$active`: true, false, or nothing
   * where the item has no status. A message with a status that is not known is refused.
   */
  readonly access?: AccessRules
  /** JSONata over one item: a canonical event (type, subject, time, data …), or a list of them; an empty list passes the item over. */
  readonly event: string
}

/** Items of one message that are evaluated together. */
const ITEMS_AT_ONCE = 100

/** Compiled rules of one shape. */
export interface Shape {
  readonly name: string
  /**
   * The events of a body as envelopes, all of them, or the first thing wrong: by the name of its field, never its value. Rejects when
   * nothing can be evaluated at the moment.
   */
  apply(
    body: Json,
    source: string,
  ): Promise<{ readonly kind: 'envelopes'; readonly envelopes: readonly Envelope[] } | Rejection>
}

/** Compiles rules. `digest` as the runtime's. Throws `ShapeInvalid`, naming the shape and the part of it. */
export function compileShape(
  name: string,
  rules: ShapeRules,
  digest: (text: string) => string,
  evaluator: Evaluator,
): Shape {
  const items = rules.items === undefined ? null : compile(name, 'items', rules.items)
  const event = compile(name, 'event', rules.event)
  const fields = Object.entries(rules.fields ?? {}).map(([path, kind]) => fieldOf(path, kind))

  const access = rules.access === undefined ? null : compileAccess(rules.access)

  const failed = (why: string): Rejection => reject('ShapeFailed', `shape ${name}: ${why}`)

  const eventsOf = async (
    item: Json,
    index: number,
    source: string,
  ): Promise<readonly Envelope[] | Rejection> => {
    for (const field of fields) {
      const wrong = check(field, at(item, field.path))
      if (wrong)
        return {
          kind: 'rejected',
          code: wrong.code,
          field: fieldPath(items, field.path),
          description: `${where(items, index)}${field.path} ${wrong.what} (shape ${name})`,
        }
    }
    const reading = access?.(item) ?? null
    if (reading?.kind === 'unknown')
      return {
        kind: 'rejected',
        code: 'AccessUnknown',
        field: fieldPath(items, reading.field),
        description: `${where(items, index)}${reading.field} ${reading.what} (shape ${name})`,
      }
    const active = reading?.kind === 'access' && reading.active !== null ? { active: reading.active } : {}
    const evaluated = await evaluateOne(evaluator, event, item, { index, source, ...active })
    if (evaluated.kind === 'failed') return failed(evaluated.why)
    const answer = evaluated.value
    if (answer === undefined || answer === null)
      return reject(
        'ShapeFailed',
        `shape ${name} gives no event for item ${index + 1}; its event has to say what to make of it`,
      )
    const made = listOf(answer)
    const envelopes: Envelope[] = []
    for (const [part, one] of made.entries()) {
      if (!isObject(one))
        return reject('ShapeFailed', `shape ${name} gives something that is no event for item ${index + 1}`)
      const id =
        rules.id === undefined
          ? {}
          : { id: idOf(rules.id, item, source, digest) + (made.length > 1 ? `.${part + 1}` : '') }
      // `null` is how a JSONata object says that it has nothing to say.
      const said = Object.fromEntries(Object.entries(one).filter(([, value]) => value !== null))
      const attributes = { specversion: '1.0', source, ...id, ...said }
      const data = one['data'] ?? {}
      envelopes.push({ attributes, data: reading?.kind === 'notice' ? noticeOf(data) : data })
    }
    return envelopes
  }

  return {
    name,
    apply: async (body, source) => {
      const evaluated = items === null ? null : await evaluateOne(evaluator, items, body)
      if (evaluated?.kind === 'failed') return failed(evaluated.why)
      const found = listOf(evaluated === null ? body : evaluated.value)
      if (found.length === 0)
        return reject(
          'FieldMissing',
          `${items !== null && isPath(items) ? items.text : 'the body'} holds no event (shape ${name})`,
        )
      // Part by part: what one message holds is not all asked for before the first item is found wrong.
      const envelopes: Envelope[] = []
      for (let from = 0; from < found.length; from += ITEMS_AT_ONCE) {
        const part = found.slice(from, from + ITEMS_AT_ONCE)
        const made = await Promise.all(part.map((item, index) => eventsOf(item, from + index, source)))
        for (const events of made) {
          if ('kind' in events) return events
          envelopes.push(...events)
        }
      }
      return { kind: 'envelopes', envelopes }
    },
  }
}

interface Field {
  readonly path: string
  readonly kind: FieldKind
  readonly optional: boolean
}

function fieldOf(path: string, written: FieldKind | `${FieldKind}?`): Field {
  const optional = written.endsWith('?')
  const kind = FIELD_KINDS.find((kind) => kind === (optional ? written.slice(0, -1) : written))
  return { path, kind: kind ?? 'text', optional }
}

function check(
  { kind, optional }: Field,
  value: Json | undefined,
): { readonly code: RejectionCode; readonly what: string } | null {
  if (value === undefined || value === null)
    return optional ? null : { code: 'FieldMissing', what: 'is missing' }
  return is(kind, value) ? null : { code: 'FieldInvalid', what: EXPECTED[kind] }
}

const EXPECTED: Readonly<Record<FieldKind, string>> = {
  text: 'is no text, or empty',
  id: 'is neither a text nor a whole number',
  instant: 'is no date-time such as 2026-11-02T08:15:00Z',
  date: 'is no date such as 2026-12-01',
  number: 'is no number',
  boolean: 'is neither true nor false',
  object: 'is no object',
  list: 'is no list',
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
      return isObject(value)
    case 'list':
      return Array.isArray(value)
  }
}

/** Which item of how many, in words of the payload where its items have a name there. */
function where(items: Expression | null, index: number): string {
  if (items === null) return index === 0 ? '' : `[${index}].`
  return isPath(items) ? `${items.text}[${index}].` : `item ${index + 1}: `
}

/** Whether the expression is a path that the sender can find in the payload. */
function isPath({ text }: Expression): boolean {
  return /^[\w.]+$/.test(text)
}

/** The same change without its values, to be read from HR. */
function noticeOf(data: Json): Json {
  if (!isObject(data)) return data
  const { effectiveDate = null, version = null, changedFields = null } = data
  return { mode: 'notice', effectiveDate, version, changedFields }
}

/** The same field for every item, so that failures of all items group together. */
function fieldPath(items: Expression | null, path: string): string {
  return items !== null && isPath(items) ? `${items.text}[].${path}` : path
}

/** Fields are written out in a fixed form, so that the same payload has the same id on every machine and at every delivery. */
function idOf(
  id: string | readonly string[],
  item: Json,
  source: string,
  digest: (text: string) => string,
): string {
  if (typeof id === 'string') {
    const value = at(item, id)
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  return digest(written([source, ...id.map((path) => at(item, path) ?? null)])).slice(0, 32)
}

/** JSON in one spelling: the order of an object's keys does not count. */
function written(value: Json): string {
  if (isList(value)) return `[${value.map(written).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const keys = Object.keys(value).sort(compareText)
  return `{${keys.map((key) => `${JSON.stringify(key)}:${written(value[key] ?? null)}`).join(',')}}`
}

/** The first of the paths that holds something. */
function at(item: Json, paths: string): Json | undefined {
  for (const path of paths.split(' | ')) {
    let value: Json | undefined = item
    for (const key of path.split('.'))
      value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
    if (value !== undefined && value !== null) return value
  }
  return undefined
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return []
  return isList(value) ? value : [value]
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function compile(name: string, part: string, text: string): Expression {
  try {
    return compileExpression(text)
  } catch (error) {
    if (error instanceof RollcallError)
      throw new RollcallError('ShapeInvalid', `shape ${name}: ${part} ${error.message}`)
    throw error
  }
}
