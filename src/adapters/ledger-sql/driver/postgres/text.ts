import type { Parameter, SqlValue } from '../sql.ts'

/**
 * PostgreSQL cannot store the character U+0000 in a text. It is escaped as two characters, the
 * first of which is U+FFFF, a noncharacter. U+FFFF itself is escaped too, so every text is read
 * back as it was written.
 */
const ESCAPE = '\uffff'
const NUL = `${ESCAPE}0`
const ESCAPED = `${ESCAPE}1`

/** As PostgreSQL reads it; a list becomes the text of an array. */
export function encode(parameter: Parameter): SqlValue {
  const value = isList(parameter) ? arrayOf(parameter) : parameter
  if (typeof value !== 'string' || (!value.includes('\u0000') && !value.includes(ESCAPE))) return value
  return value.replaceAll(ESCAPE, ESCAPED).replaceAll('\u0000', NUL)
}

const isList = (parameter: Parameter): parameter is readonly SqlValue[] => Array.isArray(parameter)

function arrayOf(values: readonly SqlValue[]): string {
  const elements = values.map((value) =>
    typeof value === 'string' ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : String(value),
  )
  return `{${elements.join(',')}}`
}

export function decode(text: string): string {
  return text.includes(ESCAPE) ? text.replaceAll(NUL, '\u0000').replaceAll(ESCAPED, ESCAPE) : text
}

/** `?` becomes `$1`, `$2`, …: no statement of the ledger has a question mark of its own. */
export function numbered(statement: string): string {
  let count = 0
  return statement.replaceAll('?', () => `$${++count}`)
}
