import { readJson } from '../parse-json.ts'
import { LONGEST_JSON } from './limits.ts'

/**
 * Its name in expressions, after the `$`, and its signature: one value of any type, by default the
 * context.
 */
export const PARSE = { name: 'parse', signature: '<x-:x>' } as const

/** A failure of `$parse`, with a code as those of JSONata have. The message quotes nothing. */
class ParseFailure extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/**
 * `$parse(text)`: the value that a text holds as JSON, for senders that put JSON into a text field,
 * without losing digits. Anything that is not a text is returned unchanged: some senders do it only
 * sometimes. Throws for a text that is not JSON.
 */
export function parseFunction(value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (value.length > LONGEST_JSON) throw new ParseFailure('R1002')
  const read = readJson(value)
  if (read.kind === 'json') return read.value
  throw new ParseFailure(CODES[read.kind])
}

const CODES = { invalid: 'R1001', 'too-deep': 'R1003', 'duplicate-key': 'R1004' } as const
