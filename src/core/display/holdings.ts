import type { Holdings } from '../ledger/port/inspect.ts'

/** What is held about an employee, for a person: JSON as JSON, instants in ISO 8601. */
export function readableHoldings({ employeeId, tables, leftOut }: Holdings): object {
  const readable = Object.entries(tables).map(([table, rows]) => [table, rows.map(readableRow)] as const)
  return { employeeId, ...Object.fromEntries(readable), leftOut }
}

function readableRow(row: Readonly<Record<string, string | number | null>>): object {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, readable(column, value)]))
}

/** Columns with instants are `at`, `since`, `until`, and those that end so. */
const INSTANT = /(?:^|_)(?:at|since|until)$/

function readable(column: string, value: string | number | null): unknown {
  if (typeof value === 'number' && value > 0 && INSTANT.test(column)) return new Date(value).toISOString()
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value
  }
}
