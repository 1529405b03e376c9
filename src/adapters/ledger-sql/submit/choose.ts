import type { BatchQuery } from '../../../core/ledger/port/submit.ts'
import {
  formBatch,
  mayLeave,
  mixLanes,
  oldestShare,
  type WaitingOperation,
} from '../../../core/provision/form-batch.ts'
import { DEFAULT_QUOTA } from '../../../core/destinations/destination.ts'
import { budget } from './budget.ts'
import { type Sql, readRows } from '../driver/sql.ts'

interface WaitingRow {
  readonly seq: number
  readonly employee: string
  readonly lane: number
  readonly manager: string | null
  readonly created_at: number
  readonly bytes: number
}
const COLUMNS = 'o.seq, o.employee, o.lane, o.manager, o.created_at, o.bytes'
/** A longer chain of managers is not real, or a cycle. */
const LONGEST_CHAIN = 32

/** Loads what may go into the next batch; `core/provision/form-batch.ts` decides. */
export async function chooseOperations(
  sql: Sql,
  destination: string,
  query: BatchQuery,
): Promise<readonly WaitingOperation[]> {
  const { maxOperations, limits } = query
  const byLane = await waiting(sql, destination, 'o.lane, o.seq', maxOperations)
  if (byLane.length === 0) return []
  const oldest = await waiting(sql, destination, 'o.seq', oldestShare(maxOperations))
  const made = await budget(sql, query.now, limits.quota ?? DEFAULT_QUOTA)
  if (!mayLeave(byLane, made, query)) return []
  const managers = await waitingManagers(sql, destination, mixLanes({ byLane, oldest }, maxOperations))
  return formBatch({ byLane, oldest }, managers, query)
}

async function waiting(
  sql: Sql,
  destination: string,
  order: 'o.lane, o.seq' | 'o.seq',
  limit: number,
): Promise<readonly WaitingOperation[]> {
  const rows = await sql.all<WaitingRow>(
    `SELECT ${COLUMNS} FROM operations o WHERE o.state = 'pending' AND o.destination = ? ORDER BY ${order} LIMIT ?`,
    [destination, limit],
  )
  return rows.map(toWaiting)
}

/** Pending operations of the managers of these, and of their managers in turn. */
async function waitingManagers(
  sql: Sql,
  destination: string,
  rows: readonly WaitingOperation[],
): Promise<ReadonlyMap<string, WaitingOperation>> {
  const known = new Set(rows.map(({ employeeId }) => employeeId))
  const managers = new Map<string, WaitingOperation>()
  let reports = rows
  for (let depth = 0; depth < LONGEST_CHAIN && reports.length > 0; depth++) {
    const ids = new Set(reports.flatMap(({ managerId }) => managerId ?? []).filter((id) => !known.has(id)))
    const found = await readRows<WaitingRow>(
      sql,
      ['id TEXT'],
      [...ids].map((id) => [id]),
      `SELECT ${COLUMNS} FROM v JOIN operations o ON o.employee = v.id
       WHERE COALESCE(o.state, '') = 'pending' AND COALESCE(o.destination, '') = ?`,
      [destination],
    )
    reports = found.map(toWaiting)
    for (const row of reports) managers.set(row.employeeId, row)
    for (const id of ids) known.add(id)
  }
  return managers
}

function toWaiting(row: WaitingRow): WaitingOperation {
  return {
    seq: row.seq,
    employeeId: row.employee,
    lane: row.lane,
    managerId: row.manager,
    createdAt: row.created_at,
    bytes: row.bytes,
  }
}
