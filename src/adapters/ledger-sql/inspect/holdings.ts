import type { Holdings } from '../../../core/ledger/port/inspect.ts'
import type { Row, Sql } from '../driver/sql.ts'
import { employeeHash } from '../leavers/erased-marks.ts'
import { openRow, type StoredRow } from '../sealing/columns.ts'
import { ABOUT_EMPLOYEE, aboutEmployee } from './audit.ts'

/** The tables with rows of one employee, and how those are found by the employee id. */
export const HELD_BY_ID = {
  employees: 'id = ? ORDER BY id',
  events: 'employee = ? ORDER BY seq',
  folds: 'employee = ?',
  operations: 'employee = ? ORDER BY seq',
  records: 'operation IN (SELECT seq FROM operations WHERE employee = ?) ORDER BY operation',
  log_records: 'employee = ? ORDER BY id',
  outbox: 'employee = ? ORDER BY id',
  unnamed_accounts: 'employee = ?',
  leaver_cases: 'employee = ? ORDER BY seq',
  emergency_calls: 'employee = ? ORDER BY seq',
  findings: 'employee = ? ORDER BY seq',
  foreign_deactivations: 'employee = ?',
  deactivations: 'employee = ?',
  left_accounts: 'employee = ? ORDER BY destination',
  account_names: 'employee = ? ORDER BY hash',
} as const

/**
 * Tables with data of an employee that are left out: a message and its edits can contain other
 * employees too.
 */
export const LEFT_OUT = ['originals', 'edits', 'replay_items'] as const

async function rowsOf(sql: Sql, table: string, which: string, employeeId: string): Promise<Row[]> {
  const rows = await sql.all<StoredRow>(`SELECT h.* FROM ${table} h WHERE ${which}`, [employeeId])
  return rows.map((row) => openRow(sql.sealing, table, row))
}

/** Everything at a single moment. Its cost grows with the history of that employee only. */
export async function readHoldings(sql: Sql, employeeId: string): Promise<Holdings | null> {
  const tables: Record<string, readonly Row[]> = {}
  for (const [table, which] of Object.entries(HELD_BY_ID))
    tables[table] = await rowsOf(sql, table, which, employeeId)
  tables['blocks'] = await sql.all<Row>('SELECT b.* FROM blocks b WHERE b.hash = ?', [
    employeeHash(sql.sealing, employeeId),
  ])
  tables['audit'] = await sql.all<Row>(
    `SELECT a.* FROM audit a WHERE ${ABOUT_EMPLOYEE} ORDER BY a.seq`,
    aboutEmployee(sql.sealing, employeeId),
  )
  const isKnown = Object.values(tables).some((rows) => rows.length > 0)
  return isKnown ? { employeeId, tables, leftOut: LEFT_OUT } : null
}
