import { isObject, MAX_DEPTH } from '../../json.ts'
import type { Json } from '../../model.ts'
import { readJson } from '../../parse-json.ts'
import type { BodyTrouble } from '../../ports.ts'
import { mediaTypeOf } from './content-type.ts'

export type ReadText =
  | { readonly kind: 'body'; readonly body: Json }
  | ({ readonly kind: 'unreadable' } & BodyTrouble)

/** A text is unwrapped so often when its content is JSON again: some senders write it out twice. */
const MOST_UNWRAPPED = 2

/**
 * The JSON of a body. A form with one field of JSON, the XML in which .NET writes a text, and JSON
 * inside a JSON text are read through: none of them can be anything else.
 */
export function readText(text: string, contentType: string | null): ReadText {
  const written = text.startsWith('\uFEFF') ? text.slice(1) : text
  if (mediaTypeOf(contentType) === 'application/x-www-form-urlencoded' && !beginsAsJson(written))
    return readForm(written)
  if (/^\s*</.test(written)) return readXml(written)
  const read = readJson(written)
  switch (read.kind) {
    case 'json':
      return { kind: 'body', body: unwrapped(read.value) }
    case 'invalid':
      return notJson(whyNotJson(written))
    case 'too-deep':
      return {
        kind: 'unreadable',
        code: 'BodyTooDeep',
        description: `the body is nested deeper than ${MAX_DEPTH} levels`,
      }
    case 'duplicate-key':
      return {
        kind: 'unreadable',
        code: 'DuplicateKey',
        field: read.field,
        description: `${read.field} is there twice in one object; send each key once`,
      }
  }
}

/** The value, or what is written in it where it is a text that holds an object or a list. */
export function unwrapped(value: Json): Json {
  let inside = value
  for (let layer = 0; layer < MOST_UNWRAPPED && typeof inside === 'string'; layer++) {
    const next = beginsAsJson(inside) ? parse(inside) : undefined
    if (next === undefined) return value
    inside = next
  }
  if (typeof inside !== 'object') return value
  return Array.isArray(inside) ? inside.map(unwrappedItem) : inside
}

/** Some senders encode each event of a list as a text of its own. */
function unwrappedItem(item: Json): Json {
  const inside = typeof item === 'string' && beginsAsJson(item) ? parse(item) : undefined
  return isObject(inside) ? inside : item
}

function beginsAsJson(text: string): boolean {
  return /^\s*[[{"]/.test(text)
}

function readForm(text: string): ReadText {
  const fields = [...new URLSearchParams(text)].map(([, value]) => unwrapped(value))
  const bodies = fields.filter((value) => typeof value === 'object' && value !== null)
  const [body] = bodies
  if (body !== undefined && bodies.length === 1) return { kind: 'body', body }
  return notJson(
    bodies.length === 0
      ? 'is a form without a field that holds JSON; send JSON, or a form with one such field'
      : 'is a form with several fields that hold JSON; send one of them, as JSON',
  )
}

/**
 * https://learn.microsoft.com/dotnet/framework/wcf/feature-details/types-supported-by-the-data-contract-serializer
 */
const TEXT_IN_XML =
  /^\s*(?:<\?xml[^>]*\?>\s*)?<string xmlns="http:\/\/schemas\.microsoft\.com\/2003\/10\/Serialization\/">([^<]*)<\/string>\s*$/
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function readXml(text: string): ReadText {
  const inside = TEXT_IN_XML.exec(text)?.[1]
  if (inside !== undefined) {
    const body = parse(
      inside.replaceAll(/&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([\da-fA-F]{1,6}));/g, character),
    )
    if (body !== undefined) return { kind: 'body', body: unwrapped(body) }
  }
  return notJson(
    /^\s*<(?:!doctype html|html)/i.test(text)
      ? 'is an HTML page, perhaps the error page of a gateway; send JSON'
      : 'is XML; convert it to JSON before it is sent, as Logic Apps and API Management can',
  )
}

function character(whole: string, name?: string, decimal?: string, hex?: string): string {
  if (name !== undefined) return ENTITIES[name] ?? whole
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole
}

/** What is wrong with it, to complete "the body …". Quotes nothing of it. */
function whyNotJson(text: string): string {
  const trimmed = text.trim()
  if (trimmed === '') return 'is empty; send a CloudEvent as JSON'
  if (/^-{2}\S+\r?\n/.test(trimmed)) return 'is a form in several parts (multipart); send JSON'
  if (/^[\w.[\]-]+=(?:%7b|%5b|\{|\[)/i.test(trimmed))
    return 'looks like a form; set the content type application/x-www-form-urlencoded, or send JSON'
  if (isSeveralTexts(trimmed)) return 'is several JSON texts one after another; send them as one JSON list'
  if (isBase64OfJson(trimmed)) return 'is JSON in base64; decode it before it is sent'
  if (/^[{[]\s*'/.test(trimmed))
    return "is not JSON: its texts are in single quotes; send JSON's double quotes"
  if (!beginsAsJson(trimmed)) return 'is not JSON; send a CloudEvent as JSON'
  const { at, isEnd } = troubleIn(text)
  if (isEnd) return 'is JSON that ends too early: it was cut off; send it again'
  return `is not JSON${at === null ? '' : `: the trouble is at character ${at + 1}`}; send a CloudEvent as JSON`
}

/** Lines that show that a body is one JSON text a line. */
const MOST_LINES = 100

function isSeveralTexts(text: string): boolean {
  const lines = text.split('\n', MOST_LINES).filter((line) => line.trim() !== '')
  if (lines.length > 1 && lines.every((line) => isObject(parse(line)))) return true
  const between = /\}\s*\{/.exec(text)
  return between !== null && isObject(parse(text.slice(0, between.index + 1)))
}

function isBase64OfJson(text: string): boolean {
  try {
    const inside = parse(atob(text))
    return typeof inside === 'object' && inside !== null
  } catch {
    return false
  }
}

/** The message of V8 quotes the text, so only the position is taken from it. */
function troubleIn(text: string): { readonly at: number | null; readonly isEnd: boolean } {
  try {
    JSON.parse(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    const [, position] = / at position (\d+)/.exec(message) ?? []
    const at = position === undefined ? null : Number(position)
    const isEnd = message.startsWith('Unexpected end') || (at !== null && at >= text.length)
    return { at, isEnd: isEnd || message.startsWith('Unterminated') }
  }
  return { at: null, isEnd: false }
}

function notJson(what: string): ReadText {
  return { kind: 'unreadable', code: 'BodyNotJson', description: `the body ${what}` }
}

function parse(text: string): Json | undefined {
  const read = readJson(text)
  return read.kind === 'json' ? read.value : undefined
}
