import type { SqlValue } from '../sql.ts'

/**
 * PostgreSQL keeps every text but one with the character U+0000. It is written as two characters, of which the first is one that stands for nothing
 * in Unicode; where that one occurs by itself it is written as two as well. So every text comes back as it went in, as it does with SQLite.
 */
const ESCAPE = '\uffff'
const NUL = `${ESCAPE}0`
const ESCAPED = `${ESCAPE}1`

export function encode(value: SqlValue): SqlValue {
  if (typeof value !== 'string' || (!value.includes('\u0000') && !value.includes(ESCAPE))) return value
  return value.replaceAll(ESCAPE, ESCAPED).replaceAll('\u0000', NUL)
}

export function decode(text: string): string {
  return text.includes(ESCAPE) ? text.replaceAll(NUL, '\u0000').replaceAll(ESCAPED, ESCAPE) : text
}

/** `?` becomes `$1`, `$2`, …: no statement of the ledger has a question mark of its own. */
export function numbered(statement: string): string {
  let count = 0
  return statement.replaceAll('?', () => `$${++count}`)
}
