import { MAX_DEPTH } from './json.ts'
import type { Json } from './model.ts'

export type ReadJson =
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'invalid' }
  /** Nested deeper than `MAX_DEPTH` levels. */
  | { readonly kind: 'too-deep' }
  /** An object has a key twice: the path of the key, with `[]` for any place in a list. */
  | { readonly kind: 'duplicate-key'; readonly field: string }

/**
 * Reads JSON from outside.
 *
 * - No digit is lost: a whole number that a double cannot hold becomes the text that was written.
 *   Ids, versions and personnel numbers of HR systems have up to 20 digits.
 * - A key that an object has twice is an error. `JSON.parse` silently keeps the last one, so what a
 *   reader takes would depend on its parser (RFC 8259, section 4).
 * - Nesting is limited, so that nothing that walks the value exhausts the stack.
 */
export function readJson(text: string): ReadJson {
  const { keys, mayLoseDigits } = scan(text)
  let value: Json
  try {
    value = parse(text, mayLoseDigits)
  } catch (error) {
    // To keep digits, V8 walks the value by recursion.
    return { kind: error instanceof RangeError ? 'too-deep' : 'invalid' }
  }
  const found = countKeys(value, MAX_DEPTH)
  if (found === TOO_DEEP) return { kind: 'too-deep' }
  const field = found === keys ? null : findDuplicate(text)
  return field === null ? { kind: 'json', value } : { kind: 'duplicate-key', field }
}

/** Parses JSON without losing digits. Throws `SyntaxError`, like `JSON.parse`. */
export function parseJson(text: string): Json {
  return parse(text, scan(text).mayLoseDigits)
}

function parse(text: string, mayLoseDigits: boolean): Json {
  return (mayLoseDigits ? JSON.parse(text, keepDigits) : JSON.parse(text)) as Json
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value
  const isHeld = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
  return isHeld ? value : context.source
}

const BACKSLASH = 0x5c
const COLON = 0x3a
/** No number that a double cannot hold has fewer digits, unless it has an exponent. */
const LONG_NUMBER = 16
const EXPONENT = /\d[eE]/
const MAY_LOSE_DIGITS = /[\d.]{16}|\d[eE]/

/**
 * One pass over the text: how many strings stand before a colon, and whether a number outside of
 * strings may be too large for a double.
 */
function scan(text: string): { readonly keys: number; readonly mayLoseDigits: boolean } {
  let keys = 0
  let mayLoseDigits = false
  let at = 0
  for (;;) {
    const quote = text.indexOf('"', at)
    const gap = (quote === -1 ? text.length : quote) - at
    if (gap > 3 && !mayLoseDigits && (gap >= LONG_NUMBER || EXPONENT.test(text.slice(at, at + gap))))
      mayLoseDigits = MAY_LOSE_DIGITS.test(text.slice(at, at + gap))
    if (quote === -1) return { keys, mayLoseDigits }
    at = endOfString(text, quote)
    while (isSpace(text.charCodeAt(at))) at += 1
    if (text.charCodeAt(at) === COLON) keys += 1
  }
}

/** The place behind the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1
    if (slashes % 2 === 0) return end + 1
  }
  return text.length
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

const TOO_DEEP = -1

/** The number of keys in a value of at most `depth` levels. */
function countKeys(value: Json, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth === 0) return TOO_DEEP
  const children = Object.values(value)
  let keys = Array.isArray(value) ? 0 : children.length
  for (const child of children) {
    if (typeof child !== 'object' || child === null) continue
    const below = countKeys(child, depth - 1)
    if (below === TOO_DEEP) return TOO_DEEP
    keys += below
  }
  return keys
}

/** An object or list that is open while the text is read. */
interface Level {
  readonly path: string
  /** The keys so far; `null` in a list. */
  readonly keys: Set<string> | null
  key: string
}

/** The path of the first key that an object has twice. */
function findDuplicate(text: string): string | null {
  const levels: Level[] = []
  let at = 0
  while (at < text.length) {
    const level = levels.at(-1)
    const char = text[at]
    if (char === '"') {
      const end = endOfString(text, at)
      if (level?.keys && isKey(text, end)) {
        level.key = JSON.parse(text.slice(at, end)) as string
        if (level.keys.has(level.key)) return pathOf(level)
        level.keys.add(level.key)
      }
      at = end
      continue
    }
    if (char === '{' || char === '[')
      levels.push({ path: level ? pathOf(level) : '', keys: char === '{' ? new Set() : null, key: '' })
    else if (char === '}' || char === ']') levels.pop()
    at += 1
  }
  return null
}

function isKey(text: string, end: number): boolean {
  let at = end
  while (isSpace(text.charCodeAt(at))) at += 1
  return text.charCodeAt(at) === COLON
}

function pathOf({ path, keys, key }: Level): string {
  if (keys === null) return `${path}[]`
  return path === '' ? key : `${path}.${key}`
}
