import type { Candidate, Candidates, EchoedKey } from '../../../core/ledger/port/report.ts'
import type { LogRecord, LogRecordKeys } from '../../../core/ledger/log-record.ts'
import { parse } from '../driver/json.ts'
import { operationId } from '../tables/ids.ts'
import { type Sql, readRows } from '../driver/sql.ts'
import type { Sealed } from '../sealing/sealing.ts'

/** What is known about these log records, and the operations that they may answer. */
export async function candidates(
  sql: Sql,
  destination: string,
  records: readonly LogRecordKeys[],
): Promise<Candidates> {
  const known = await readRows<{ id: string }>(
    sql,
    ['id TEXT'],
    records.map(({ id }) => [id]),
    'SELECT r.id FROM v JOIN log_records r ON r.id = v.id',
  )
  const employees = [...new Set(records.map(({ employeeId: employee }) => employee))].map(
    (id) => [id] as const,
  )
  const operations = await candidateOperations(sql, destination, employees)
  const changes = [...new Set(records.map(({ changeId }) => changeId))].map((id) => [id])
  const byChange = await readRows<{ change_id: string; operation: number }>(
    sql,
    ['id TEXT'],
    changes,
    'SELECT r.change_id, r.operation FROM v JOIN log_records r ON r.change_id = v.id WHERE r.operation IS NOT NULL',
  )
  const unjoined = await readRows<{ id: string; detail: Sealed }>(
    sql,
    ['id TEXT'],
    employees,
    'SELECT r.id, r.detail FROM v JOIN log_records r ON r.employee = v.id WHERE r.operation IS NULL',
  )
  // Another job may have written of the same employee.
  const jobs = new Set(records.map(({ jobId }) => jobId))
  const kept = unjoined
    .map(({ id, detail }) => parse<LogRecord>(sql.sealing.open('log_records.detail', id, detail)))
    .filter(({ jobId }) => jobs.has(jobId))
  return {
    lastAccepted: await lastAcceptedOf(sql, destination, employees),
    // Stored records are known too.
    known: new Set([...known, ...kept].map(({ id }) => id)),
    operations,
    byChange: new Map(byChange.map((row) => [row.change_id, operationId(row.operation)])),
    unjoined: kept,
    echoes: await knownEchoes(sql, records),
  }
}

async function lastAcceptedOf(
  sql: Sql,
  destination: string,
  employees: readonly (readonly [string])[],
): Promise<Candidates['lastAccepted']> {
  const taken = await readRows<{
    employee: string
    operation: number
    record: Sealed
    active: number
    at: number | null
  }>(
    sql,
    ['id TEXT'],
    employees,
    `SELECT o.employee, t.operation, t.record, o.active, (
       SELECT MIN(r.activity_at) FROM log_records r WHERE r.operation = o.seq AND r.status IN ('success', 'warning', 'skipped')) AS at
     FROM v JOIN employees p ON p.id = v.id JOIN operations o ON o.seq = p.accepted_operation JOIN records t ON t.operation = o.seq WHERE p.accepted_hash IS NOT NULL AND o.destination = ?`,
    [destination],
  )
  return new Map(
    taken.map(({ employee, operation, active, at, ...row }) => {
      const record = sql.sealing.open('records.record', operation, row.record)
      return [employee, { record, active: active === 1, at: at ?? 0 }]
    }),
  )
}

interface CandidateRow {
  readonly seq: number
  readonly employee: string
  readonly state: Candidate['state']
  readonly interim: string | null
  readonly record: Sealed
  readonly active: number
  readonly accepted_at: number
  readonly submitted_at: number
  readonly failed_at: number | null
  readonly times_submitted: number
  readonly times_reported: number
}

const SPOKEN_OF =
  '(SELECT COUNT(DISTINCT r.change_id) FROM log_records r WHERE r.operation = o.seq AND r.escrow_retry = 0)'
const FAILED_AT = `(SELECT MAX(r.activity_at) FROM log_records r WHERE r.operation = o.seq AND r.status = 'failure' AND r.escrow_retry = 0)`
/**
 * The times of an operation are from our clock until it is accepted, and from the service's clock
 * after that. Those of its batch are always from ours, so the difference shows the offset.
 */
const CANDIDATE = `o.seq, o.employee, o.state, t.record, o.active, COALESCE(o.accepted_at, o.submitted_at) AS accepted_at,
  o.submitted_at + COALESCE(o.accepted_at - b.accepted_at, 0) AS submitted_at, o.times_submitted`

/** What the service refused was not carried out, and does not count as submitted. */
async function candidateOperations(
  sql: Sql,
  destination: string,
  employees: readonly (readonly [string])[],
): Promise<Candidate[]> {
  const rows = await readRows<CandidateRow>(
    sql,
    ['id TEXT'],
    employees,
    `SELECT ${CANDIDATE}, o.interim, CASE WHEN o.state IN ('batched', 'accepted') THEN NULL ELSE ${FAILED_AT} END AS failed_at,
       CASE WHEN o.state IN ('batched', 'accepted') THEN 0 ELSE ${SPOKEN_OF} END AS times_reported
     FROM v JOIN operations o ON o.employee = v.id JOIN batches b ON b.seq = o.batch JOIN records t ON t.operation = o.seq
     WHERE o.times_submitted > 0 AND o.state <> 'pending' AND o.destination = ?
       AND (o.state NOT IN ('answered', 'confirmed', 'unchanged', 'skipped') OR o.times_submitted > 1
         OR (o.state = 'answered' AND o.interim = 'failed') OR (o.state = 'unchanged' AND o.code <> 'RedundantExport'))`,
    [destination],
  )
  const { waiting = [], late = [] } = Object.groupBy(rows, ({ state, interim }) =>
    ['batched', 'accepted', 'escrowed'].includes(state) || (state === 'answered' && interim === 'failed')
      ? 'waiting'
      : 'late',
  )
  // A late record may answer an operation that was given up. One that was sent twice may get two.
  const open = late.filter(
    ({ times_submitted, times_reported, failed_at }) =>
      times_submitted > times_reported || failed_at !== null,
  )
  return [...waiting, ...open].map((row) => ({
    id: operationId(row.seq),
    employeeId: row.employee,
    state: row.state,
    record: sql.sealing.open('records.record', row.seq, row.record),
    active: row.active === 1,
    acceptedAt: row.accepted_at,
    // If the clock was set back, an operation may seem to be submitted after it was accepted.
    submittedAt: Math.min(row.submitted_at, row.accepted_at),
    failedAt: row.failed_at,
    timesSubmitted: row.times_submitted,
    timesReported: row.times_reported,
  }))
}

async function knownEchoes(sql: Sql, records: readonly LogRecordKeys[]): Promise<EchoedKey[]> {
  const rows = await readRows<{
    job: string
    attribute: string
    seen_from: number
    seen_to: number
    cycle: string
  }>(
    sql,
    ['job TEXT'],
    [...new Set(records.map(({ jobId }) => jobId))].map((job) => [job]),
    'SELECT e.job, e.attribute, e.seen_from, e.seen_to, e.cycle FROM v JOIN echoes e ON e.job = v.job',
  )
  return rows.map(({ job, attribute, seen_from, seen_to, cycle }) => ({
    job,
    key: attribute,
    from: seen_from,
    to: seen_to,
    cycle,
  }))
}
