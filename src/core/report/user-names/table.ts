import { csvLine } from '../../display/csv.ts'
import type { NameProposal } from './propose.ts'

/** A table for `replay --patch`, and the dead letters that it has a row for. */
export interface NameTable {
  readonly text: string
  readonly deadLetters: readonly number[]
}

/**
 * The first free name of each employee; `null` when there is none. Employees whose name the mapping
 * computes are left out.
 */
export function nameTable(proposals: readonly NameProposal[]): NameTable | null {
  const rows = proposals.flatMap(({ employeeId, deadLetters, attribute, free: [first] }) =>
    attribute === null || first === undefined ? [] : [{ employeeId, deadLetters, attribute, first }],
  )
  if (rows.length === 0) return null
  const attributes = [...new Set(rows.map(({ attribute }) => attribute))]
  const lines = rows.map(({ employeeId, attribute, first }) => [
    employeeId,
    ...attributes.map((one) => (one === attribute ? first : '')),
  ])
  return {
    text: [['employee', ...attributes], ...lines].map((cells) => `${csvLine(cells)}\n`).join(''),
    deadLetters: rows.flatMap(({ deadLetters }) => deadLetters),
  }
}
