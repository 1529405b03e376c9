import { isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../model.ts'
import { bare, own } from '../../own.ts'

/** The form of a value, never the value itself. */
export function formOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'string') return value.trim() === '' ? 'empty text' : 'text'
  if (typeof value === 'number') return 'a number'
  return typeof value === 'boolean' ? 'true or false' : 'an object'
}

/** Whether a value contains only nulls, empty texts, and objects and lists of these. */
export function saysNothing(value: Json): boolean {
  if (value === null) return true
  if (typeof value === 'string') return value.trim() === ''
  return typeof value === 'object' && Object.values(value).every((one) => saysNothing(one))
}

/** The dotted paths at which a worker has content. */
export function pathsIn(worker: JsonObject): readonly string[] {
  return Object.entries(worker).flatMap(([name, value]) => {
    if (saysNothing(value)) return []
    return isObject(value) ? pathsIn(value).map((path) => `${name}.${path}`) : [name]
  })
}

/** Whether there is content at a dotted path. Elements of lists on the way are searched. */
export function holds(value: Json, path: string): boolean {
  if (Array.isArray(value)) return value.some((one) => holds(one, path))
  if (!isObject(value)) return false
  const whole = own(value, path)
  if (whole !== undefined) return !saysNothing(whole)
  const dot = path.indexOf('.')
  const below = dot === -1 ? undefined : own(value, path.slice(0, dot))
  return below !== undefined && holds(below, path.slice(dot + 1))
}

/**
 * The value in which each list of one element is replaced by the element. Many systems answer with
 * a list of one employee.
 */
export function withoutLists(value: Json): Json {
  if (Array.isArray(value)) {
    const [only, ...more] = value
    return only !== undefined && more.length === 0
      ? withoutLists(only)
      : value.map((one) => withoutLists(one))
  }
  if (!isObject(value)) return value
  return bare(Object.entries(value).map(([name, one]) => [name, withoutLists(one)]))
}

/** Fields by which answers say whether the request succeeded. */
const SUCCESS = ['success', 'succeeded', 'issuccess', 'ok']
const NO = /^(?:false|no|n|0)$/i
const ERRORS = ['error', 'errors', 'fault', 'faults', 'exception']
const FAILED = /^(?:error|fail|failed|failure)$/i
/** Fields that hold what was asked for. */
const DATA = ['data', 'result', 'results', 'value', 'items', 'd']
const MESSAGES = ['message', 'msg', 'errormessage', 'error_description', 'detail']
/** The fields of an answer that only reports a failure. */
const REPORT = new Set(
  `title type instance code errorcode status statuscode httpstatus timestamp path request_id requestid
   correlationid traceid details reason help ${MESSAGES.join(' ')}`.split(/\s+/),
)

/**
 * The field in which an answer reports that the request failed; `null` for every other answer. HR
 * systems answer 200 with `success: false`, with `errors` and no data, or with only a message.
 */
export function failureIn(body: Json): string | null {
  if (Array.isArray(body)) return body.length === 1 && body[0] !== undefined ? failureIn(body[0]) : null
  if (!isObject(body)) return null
  const keys = Object.keys(body)
  const said = (key: string): Json => own(body, key) ?? null
  const keyed = (names: readonly string[], says: (value: Json) => boolean): string | undefined =>
    keys.find((key) => names.includes(key.toLowerCase()) && says(said(key)))
  const unsuccessful = keyed(SUCCESS, (value) => typeof value !== 'object' && NO.test(String(value)))
  if (unsuccessful !== undefined) return `${unsuccessful} says that the request failed`
  if (keyed(DATA, (value) => !saysNothing(value)) !== undefined) return null
  const error =
    keyed(ERRORS, (value) => value !== false && value !== 0 && !saysNothing(value)) ??
    keyed(['status'], (value) => typeof value === 'string' && FAILED.test(value)) ??
    (keys.every((key) => REPORT.has(key.toLowerCase()))
      ? keyed(MESSAGES, (value) => !saysNothing(value))
      : undefined)
  return error === undefined ? null : `${error} says that the request failed, and there is no data`
}
