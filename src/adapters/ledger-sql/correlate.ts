import type { Candidate, Candidates, CorrelatedPage, JoinedRecord } from '../../core/ledger/port.ts'
import { REDUNDANT_EXPORT } from '../../core/report/join.ts'
import type { LogRecord } from '../../core/report/log-record.ts'
import { lockPeople } from './lock-people.ts'
import { addUnanswered } from './employees.ts'
import { offerAgain, planAgain } from './finalize.ts'
import { operationId, seqOf } from './people.ts'
import { parse } from './json.ts'
import { addTotals } from './totals.ts'
import { insertRows, type Sql, type SqlValue, withRows } from './sql.ts'

const WATERMARK = 'provisioning-log'

export async function candidates(sql: Sql, records: readonly LogRecord[]): Promise<Candidates> {
  const known = await withRows<{ id: string }>(
    sql,
    ['id TEXT'],
    records.map(({ id }) => [id]),
    'SELECT r.id FROM v JOIN log_records r ON r.id = v.id',
  )
  const people = [...new Set(records.map(({ employee }) => employee))].map((id) => [id])
  const operations = await withRows<{
    seq: number
    employee: string
    state: 'accepted' | 'escrowed'
    record: string
    active: number
    accepted_at: number
    submitted_at: number
  }>(
    sql,
    ['id TEXT'],
    people,
    `SELECT o.seq, o.employee, o.state, o.record, o.active, o.accepted_at, o.submitted_at + o.accepted_at - b.accepted_at AS submitted_at
     FROM v JOIN operations o ON o.employee = v.id JOIN batches b ON b.seq = o.batch
     WHERE o.state IN ('pending', 'batched', 'accepted', 'answered', 'escrowed') AND o.state IN ('accepted', 'escrowed')`,
  )
  const changes = [...new Set(records.map(({ changeId }) => changeId))].map((id) => [id])
  const byChange = await withRows<{ change_id: string; operation: number }>(
    sql,
    ['id TEXT'],
    changes,
    'SELECT r.change_id, r.operation FROM v JOIN log_records r ON r.change_id = v.id WHERE r.operation IS NOT NULL',
  )
  const unjoined = await withRows<{ detail: string }>(
    sql,
    ['id TEXT'],
    people,
    'SELECT r.detail FROM v JOIN log_records r ON r.employee = v.id WHERE r.operation IS NULL AND r.detail IS NOT NULL',
  )
  const taken = await withRows<{ employee: string; record: string; active: number; at: number | null }>(
    sql,
    ['id TEXT'],
    people,
    `SELECT o.employee, o.record, o.active, (
       SELECT MIN(r.activity_at) FROM log_records r WHERE r.operation = o.seq AND r.status IN ('success', 'warning', 'skipped')) AS at
     FROM v JOIN employees p ON p.id = v.id JOIN operations o ON o.seq = p.taken_operation WHERE p.taken_hash IS NOT NULL`,
  )
  const kept = unjoined.map(({ detail }) => parse<LogRecord>(detail))
  return {
    taken: new Map(taken.map(({ employee, record, active, at }) => [employee, { record, active: active === 1, at: at ?? 0 }])),
    // Those kept are known too.
    known: new Set([...known, ...kept].map(({ id }) => id)),
    operations: operations.map((row): Candidate => ({
      id: operationId(row.seq),
      employee: row.employee,
      state: row.state,
      record: row.record,
      active: row.active === 1,
      acceptedAt: row.accepted_at,
      submittedAt: row.submitted_at,
    })),
    byChange: new Map(byChange.map((row) => [row.change_id, operationId(row.operation)])),
    unjoined: kept,
  }
}

export async function correlate(
  sql: Sql,
  instance: string,
  { joins, now, finalAt, watermark, disturbed, foreign }: CorrelatedPage,
): Promise<void> {
  await sql.lock('report')
  await lockPeople(sql, [...joins.map(({ record }) => record.employee), ...disturbed])
  await insertRows(
    sql,
    'log_records (id, job, employee, activity_at, change_id, cycle_id, action, status, code, reason, object_id, operation, detail, seen_at)',
    onceEach(joins).map((join) => recordRow(join, now)),
    `ON CONFLICT (id) DO UPDATE SET operation = COALESCE(log_records.operation, excluded.operation),
       detail = CASE WHEN COALESCE(log_records.operation, excluded.operation) IS NULL THEN excluded.detail ELSE NULL END`,
  )
  const interims = joins.flatMap((join) =>
    join.operation !== null && join.interim !== null ? [{ ...join, seq: seqOf(join.operation) }] : [],
  )
  const first = await settle(sql, interims, 'accepted', now, finalAt)
  const retried = await settle(
    sql,
    interims.filter(({ interim }) => interim !== 'escrowed'),
    'escrowed',
    now,
    finalAt,
  )
  await addUnanswered(
    sql,
    first.map(({ employee }) => employee),
    -1,
  )
  const older = await remember(sql, joins, [...first, ...retried], now)
  await forgetTaken(
    sql,
    first.filter(({ interim }) => interim === 'escrowed').map(({ employee }) => employee),
  )
  // What came while the service tried was compared with what the directory held before.
  await planAgain(
    sql,
    retried.map(({ employee }) => employee),
    now,
  )
  await noteManagers(sql, joins)
  await offerAgain(sql, [...disturbed, ...older], now)
  await offerAgainAfterOvertaking(
    sql,
    first.map(({ employee }) => employee),
    now,
  )
  addTotals(sql, instance, { unmatched: foreign })
  if (watermark !== null)
    await sql.run(
      `INSERT INTO cursors (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = CASE WHEN cursors.value > excluded.value THEN cursors.value ELSE excluded.value END`,
      [WATERMARK, watermark],
    )
}

interface Answered {
  readonly seq: number
  readonly employee: string
  readonly hash: string
  readonly active: number
  readonly interim: string
  readonly code: string | null
}

/** Gives operations in a state the outcome their record speaks of. Answers those it found in that state. */
function settle(
  sql: Sql,
  interims: readonly (JoinedRecord & { readonly seq: number })[],
  from: 'accepted' | 'escrowed',
  now: number,
  finalAt: number,
): Promise<Answered[]> {
  return withRows<Answered>(
    sql,
    ['seq INT', 'interim TEXT', 'code TEXT', 'reason TEXT', 'now INT', 'final_at INT'],
    interims.map(({ seq, interim, record }) => [seq, interim, record.code, record.reason, now, finalAt]),
    `UPDATE operations SET state = CASE WHEN v.interim = 'escrowed' THEN 'escrowed' ELSE 'answered' END, interim = v.interim, code = v.code,
       reason = v.reason, answered_at = v.now, final_at = v.final_at
     FROM v WHERE operations.seq = v.seq AND operations.state = '${from}'
     RETURNING operations.seq, operations.employee, operations.hash, operations.active, operations.interim, operations.code`,
  )
}

/** A record twice on one page must not reach a multi-row upsert twice; the one that was joined says more. */
function onceEach(joins: readonly JoinedRecord[]): JoinedRecord[] {
  const records = new Map<string, JoinedRecord>()
  for (const join of joins) if ((records.get(join.record.id)?.operation ?? null) === null) records.set(join.record.id, join)
  return [...records.values()]
}

function recordRow({ record, operation }: JoinedRecord, now: number): SqlValue[] {
  const joined = operation === null ? null : seqOf(operation)
  return [
    record.id,
    record.jobId,
    record.employee,
    record.activityAt,
    record.changeId,
    record.cycleId,
    record.action,
    record.status,
    record.code,
    record.reason,
    record.objectId,
    joined,
    joined === null ? JSON.stringify(record) : null,
    now,
  ]
}

/**
 * What the directory took is what the next record is compared with. Answers the people of whom it took an older record after a newer one: what the
 * service had failed with and tried again may have undone what came since, so the present record is offered once more.
 */
async function remember(sql: Sql, joins: readonly JoinedRecord[], answered: readonly Answered[], now: number): Promise<string[]> {
  const took = answered.filter(({ interim, code }) => interim === 'confirmed' || (interim === 'unchanged' && code === REDUNDANT_EXPORT))
  const newest = new Map(took.sort((a, b) => a.seq - b.seq).map((row) => [row.employee, row]))
  const remembered = await withRows<{ id: string }>(
    sql,
    ['id TEXT', 'hash TEXT', 'operation INT', 'active INT', 'now INT'],
    [...newest.values()].map(({ employee, hash, seq, active }) => [employee, hash, seq, active, now]),
    `UPDATE employees SET taken_hash = v.hash, taken_operation = v.operation, taken_active = v.active, known = 1, known_at = COALESCE(known_at, v.now), offers = 0
     FROM v WHERE employees.id = v.id AND (taken_operation IS NULL OR taken_operation < v.operation) RETURNING employees.id`,
  )
  const objects = new Map(
    joins.flatMap(({ record, operation }) => (operation !== null && record.objectId !== null ? [[record.employee, record.objectId]] : [])),
  )
  await withRows(
    sql,
    ['id TEXT', 'object_id TEXT'],
    [...objects],
    'UPDATE employees SET object_id = v.object_id FROM v WHERE employees.id = v.id',
  )
  const kept = new Set(remembered.map(({ id }) => id))
  return [...newest.keys()].filter((employee) => !kept.has(employee))
}

/** The service may carry out at any time what it failed with: from then on nothing is the same as what the directory took last. */
async function forgetTaken(sql: Sql, employees: readonly string[]): Promise<void> {
  await withRows(
    sql,
    ['id TEXT'],
    [...new Set(employees)].sort().map((id) => [id]),
    'UPDATE employees SET taken_hash = NULL, revision = revision + 1 FROM v WHERE employees.id = v.id',
  )
}

/** Whether the service still owes an operation its manager: the record says so, and a follow-up of the same change settles it. */
async function noteManagers(sql: Sql, joins: readonly JoinedRecord[]): Promise<void> {
  const joined = joins.flatMap(({ record, operation }) => (operation === null ? [] : [{ record, seq: seqOf(operation) }]))
  await withRows(
    sql,
    ['seq INT'],
    joined.filter(({ record }) => record.imported && record.unresolved).map(({ seq }) => [seq]),
    'UPDATE operations SET unresolved = operations.manager FROM v WHERE operations.seq = v.seq',
  )
  await withRows(
    sql,
    ['seq INT'],
    joined.filter(({ record }) => !record.imported && record.status === 'success').map(({ seq }) => [seq]),
    'UPDATE operations SET unresolved = NULL FROM v WHERE operations.seq = v.seq',
  )
}

/** The service documents no order, so after an overtaking the end state is offered once more. */
async function offerAgainAfterOvertaking(sql: Sql, employees: readonly string[], now: number): Promise<void> {
  await withRows(
    sql,
    ['id TEXT', 'now INT'],
    [...new Set(employees)].map((id) => [id, now]),
    `UPDATE employees SET reoffer = 0, taken_hash = NULL, revision = revision + 1, dirty_at = COALESCE(dirty_at, v.now), plan_at = v.now
     FROM v WHERE employees.id = v.id AND employees.reoffer = 1 AND employees.unanswered = 0`,
  )
}

export async function watermark(sql: Sql): Promise<number | null> {
  const [row] = await sql.all<{ value: number }>('SELECT value FROM cursors WHERE name = ?', [WATERMARK])
  return row?.value ?? null
}
