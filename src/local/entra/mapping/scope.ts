import type { ScopeClause } from './mapping-settings.ts'
import { type Row, textOf } from '../directory/row.ts'
import { unreachable } from '../support/unreachable.ts'

/**
 * Tells whether a user is in scope: every clause of one group must hold. Without groups, every user
 * is.
 */
export function createScope(groups: readonly (readonly ScopeClause[])[]): (source: Row) => boolean {
  const tests = groups.map((clauses) => clauses.map(testOf))
  return (source) => tests.length === 0 || tests.some((clauses) => clauses.every((test) => test(source)))
}

function testOf({ source, operator, value }: ScopeClause): (row: Row) => boolean {
  switch (operator) {
    case 'EQUALS':
      return (row) => textOf(row, source) === value
    case 'NOT EQUALS':
      return (row) => textOf(row, source) !== value
    case 'IS TRUE':
      return (row) => textOf(row, source) === 'True'
    case 'IS FALSE':
      return (row) => textOf(row, source) === 'False'
    case 'IS NULL':
      return (row) => textOf(row, source) === undefined
    case 'IS NOT NULL':
      return (row) => textOf(row, source) !== undefined
    case 'INCLUDES':
      return (row) => (textOf(row, source) ?? '').includes(value)
    case 'REGEX MATCH':
    case 'NOT REGEX MATCH': {
      const pattern = new RegExp(`^(?:${value})$`, 'u')
      return (row) => pattern.test(textOf(row, source) ?? '') === (operator === 'REGEX MATCH')
    }
    default:
      return unreachable(operator)
  }
}
