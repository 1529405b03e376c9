import { RollcallError } from '../errors.ts'
import { compileExpression, evaluateOne, type Expression } from '../expression/compile.ts'
import type { Evaluator } from '../expression/evaluator.ts'
import { isObject } from '../json.ts'
import type { Json, JsonObject } from '../model.ts'
import type { SourceMessage } from '../ports.ts'
import { type Access, type AccessReading, type AccessRules, compileAccess } from './access.ts'
import { type Envelope, reject, type Rejection } from './decode.ts'
import { compileFields, type FieldRules, idOf, isOfMessage, listOf, type WrongField } from './shape/fields.ts'
import { impliedActive } from './event/event-types.ts'
import { bindingsFor, type Context, contextOf, readable } from './shape/context.ts'
import { suspectsIn } from './shape/suspects.ts'
import { fromXml } from './shape/xml-as-json.ts'

/**
 * How a vendor's payload becomes canonical events. Plain data, so that it can be written in a file.
 */
export interface ShapeRules {
  /**
   * The body is XML that a converter wrote as JSON; everything else sees it without what belongs to
   * XML.
   */
  readonly xml?: boolean
  /** The body may be a form post; its fields are an object of texts. */
  readonly form?: boolean
  /** What the body must have, before its items are looked for. */
  readonly body?: FieldRules
  /**
   * JSONata over the body that yields its items. Without it the body is one item, or a list of
   * items.
   */
  readonly items?: string
  /** What an item must have. */
  readonly fields?: FieldRules
  /**
   * The id of an event that has none: a path in the item, or several paths whose values are hashed
   * together.
   */
  readonly id?: string | readonly string[]
  /**
   * How a status in an item becomes access. `event` sees it as `$active`: true, false, or nothing
   * where the item has no status. A message with a status that is not known is refused, unless its
   * events end access whatever the status is.
   */
  readonly access?: AccessRules
  /**
   * JSONata over one item that yields a canonical event (type, subject, time, data …) or a list of
   * them; an empty list skips the item.
   */
  readonly event: string
}

/** Items of one message that are evaluated at once. */
const ITEMS_AT_ONCE = 100

type Applied = { readonly kind: 'envelopes'; readonly envelopes: readonly Envelope[] } | Rejection

/** Compiled rules of one shape. */
export interface Shape {
  readonly name: string
  /** The body may be a form post. */
  readonly form: boolean
  readonly rules: ShapeRules
  /**
   * All events of a body as envelopes, or the first error. The error names the field and never
   * quotes its value. Rejects when nothing can be evaluated at the moment. `message` is what the
   * body arrived in; without it, `$message` is empty.
   */
  apply(body: Json, source: string, message?: SourceMessage): Promise<Applied>
  /**
   * What a refused body seems to say, without any check: only to see whether an employee in it may
   * be leaving. Empty when nothing can be read.
   */
  suspects(body: Json, source: string, message?: SourceMessage): Promise<readonly Envelope[]>
}

/** The parts of a shape, and what it needs to evaluate them. */
interface Compiled {
  readonly name: string
  readonly xml: boolean
  readonly checkBody: (body: Json) => WrongField | null
  readonly items: Expression | null
  readonly checkItem: (item: Json) => WrongField | null
  readonly id: ShapeRules['id']
  readonly access: Access | null
  readonly event: Expression
  /** Whether anything in it names `$message`. */
  readonly seesMessage: boolean
  readonly evaluator: Evaluator
  digest(text: string): string
}

/** One item of a message. */
interface Item extends Context {
  readonly value: Json
  readonly index: number
  /** Items in the message. */
  readonly of: number
}

/**
 * Compiles rules. `digest` is that of the runtime. Throws `ShapeInvalid`, which names the shape and
 * its part.
 */
export function compileShape(
  name: string,
  rules: ShapeRules,
  digest: (text: string) => string,
  evaluator: Evaluator,
): Shape {
  const compiled: Compiled = {
    name,
    xml: rules.xml ?? false,
    checkBody: compileFields(rules.body ?? {}),
    items: rules.items === undefined ? null : compile(name, 'items', rules.items),
    checkItem: compileFields(rules.fields ?? {}),
    id: rules.id,
    access: rules.access === undefined ? null : compileAccess(rules.access),
    event: compile(name, 'event', rules.event),
    seesMessage: pathsOf(rules).some(isOfMessage),
    evaluator,
    digest,
  }
  return {
    name,
    form: rules.form ?? false,
    rules,
    apply: (body, source, message) => apply(compiled, body, contextOf(source, message)),
    suspects: (body, source, message) => suspectsIn(compiled, body, contextOf(source, message)),
  }
}

/** Every path of the rules that is not inside an expression. */
function pathsOf({ body, fields, id, access }: ShapeRules): readonly string[] {
  const ids = id === undefined ? [] : typeof id === 'string' ? [id] : id
  const paths = [...Object.keys(body ?? {}), ...Object.keys(fields ?? {}), ...ids, access?.from ?? '']
  return paths.flatMap((path) => path.split(' | '))
}

async function apply(shape: Compiled, given: Json, context: Context): Promise<Applied> {
  const body = shape.xml ? fromXml(given) : given
  const wrong = shape.checkBody(readable(shape, context, body))
  if (wrong)
    return {
      kind: 'rejected',
      code: wrong.code,
      field: wrong.path,
      description: `${wrong.path} ${wrong.what} at the top of the body (shape ${shape.name})`,
    }
  const evaluated =
    shape.items === null
      ? null
      : await evaluateOne(shape.evaluator, shape.items, body, bindingsFor(shape.items, context))
  if (evaluated?.kind === 'failed') return failed(shape, evaluated.why)
  const found = listOf(evaluated === null ? body : evaluated.value)
  if (found.length === 0)
    return reject(
      'FieldMissing',
      `${shape.items !== null && isPath(shape.items) ? shape.items.text : 'the body'} contains no event (shape ${shape.name})`,
    )
  // In parts, so that an error in an early item is found before all items are evaluated.
  const envelopes: Envelope[] = []
  for (let from = 0; from < found.length; from += ITEMS_AT_ONCE) {
    const part = found.slice(from, from + ITEMS_AT_ONCE)
    const made = await Promise.all(
      part.map((value, index) =>
        eventsOf(shape, { ...context, value, index: from + index, of: found.length }),
      ),
    )
    for (const events of made) {
      if ('kind' in events) return events
      envelopes.push(...events)
    }
  }
  return { kind: 'envelopes', envelopes }
}

async function eventsOf(shape: Compiled, item: Item): Promise<readonly Envelope[] | Rejection> {
  const payload = readable(shape, item, item.value)
  const wrong = shape.checkItem(payload)
  if (wrong) return rejectItem(shape, item, wrong)
  const reading: AccessReading = shape.access?.(payload) ?? { kind: 'access', active: null }
  const { index, source } = item
  const active = reading.kind === 'access' && reading.active !== null ? { active: reading.active } : {}
  const evaluated = await evaluateOne(shape.evaluator, shape.event, item.value, {
    index,
    source,
    ...active,
    ...bindingsFor(shape.event, item),
  })
  if (evaluated.kind === 'failed')
    return failed(shape, `${item.of === 1 ? '' : `item ${index + 1}: `}${evaluated.why}`)
  const answer = evaluated.value
  if (answer === undefined || answer === null)
    return reject(
      'ShapeFailed',
      `shape ${shape.name} yields no event for item ${index + 1}; its event expression must yield an event, or [] to skip the item`,
    )
  const made = listOf(answer)
  const envelopes: Envelope[] = []
  for (const [part, event] of made.entries()) {
    if (!isObject(event))
      return reject('ShapeFailed', `shape ${shape.name} yields a non-object event for item ${index + 1}`)
    if (reading.kind === 'unknown' && !endsAccess(event))
      return rejectItem(shape, item, { code: 'AccessUnknown', path: reading.field, what: reading.what })
    envelopes.push(envelopeOf(shape, item, reading, event, made.length > 1 ? `.${part + 1}` : ''))
  }
  return envelopes
}

function envelopeOf(
  shape: Compiled,
  item: Item,
  reading: AccessReading,
  event: JsonObject,
  suffix: string,
): Envelope {
  const { id, items, digest } = shape
  const { value, index, of, source } = item
  const own = id === undefined ? {} : { id: idOf(id, readable(shape, item, value), source, digest) + suffix }
  // In an object that JSONata builds, `null` means that the attribute is missing.
  const said = Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null))
  const data = event['data'] ?? {}
  return {
    attributes: { specversion: '1.0', source, ...own, ...said },
    data: reading.kind === 'notice' && !endsAccess(event) ? noticeOf(data) : data,
    ...(of === 1 ? {} : { at: placeOf(items, index) }),
  }
}

/**
 * For what is wrong with the event that was made of an item: its fields are not those of the item.
 */
function placeOf(items: Expression | null, index: number): string {
  return where(items, { index, of: 2 }).replace(/\.$/, ': ')
}

/** Whether an event deactivates its employee, whatever its status says. */
function endsAccess({ type, data }: JsonObject): boolean {
  const worker = isObject(data) ? data['worker'] : undefined
  const active = isObject(worker) ? worker['active'] : undefined
  return (
    active === false || (active === undefined && typeof type === 'string' && impliedActive(type) === false)
  )
}

/** The same change without its values, to be read from HR. */
function noticeOf(data: Json): Json {
  if (!isObject(data)) return data
  const { effectiveDate = null, version = null, changedFields = null } = data
  return { mode: 'notice', effectiveDate, version, changedFields }
}

function failed({ name }: Compiled, why: string): Rejection {
  return reject('ShapeFailed', `shape ${name}: ${why}`)
}

function rejectItem({ name, items }: Compiled, item: Item, { code, path, what }: WrongField): Rejection {
  return {
    kind: 'rejected',
    code,
    field: fieldPath(items, path),
    description: `${isOfMessage(path) ? '' : where(items, item)}${path} ${what} (shape ${name})`,
  }
}

/** The prefix that names an item: its path in the payload if it has one, otherwise its number. */
function where(items: Expression | null, { index, of }: Pick<Item, 'index' | 'of'>): string {
  if (items === null) return of === 1 ? '' : `[${index}].`
  return isPath(items) ? `${items.text}[${index}].` : `item ${index + 1}: `
}

/** The same path for the field in every item, so that their failures form one group. */
function fieldPath(items: Expression | null, path: string): string {
  return items !== null && isPath(items) && !isOfMessage(path) ? `${items.text}[].${path}` : path
}

/** Whether the expression is a path that the sender can find in the payload. */
function isPath({ text }: Expression): boolean {
  return /^[\w.]+$/.test(text)
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
