import type { CorrelatedPage, EchoedKey, Interim, JoinedRecord } from '../../../core/ledger/port/report.ts'
import { earliest } from '../../../core/plan/decide/resend.ts'
import { isAccepted, takesAnswer } from '../../../core/report/correlate/settle.ts'
import { lockEmployees, addUnanswered, markForResend, planAgain } from '../tables/employees.ts'
import { noteElsewhere } from '../findings/elsewhere.ts'
import { noteSpokenOf, overwritten, readSpokenOf, type SpokenOf } from './overwritten.ts'
import { WATERMARK } from './watermark.ts'
import { seqOf } from '../tables/ids.ts'
import { addTotals } from '../tables/totals.ts'
import { insertRows, type Sql, type SqlValue, readRows, writeRows } from '../driver/sql.ts'
import { cursorOf } from '../tables/cursors.ts'
import { type Sealed, type Sealing, sealOrNull } from '../sealing/sealing.ts'

export async function correlate(
  sql: Sql,
  { instance, destination }: { readonly instance: string; readonly destination: string },
  { joins, now, finalAt, watermark, changedElsewhere, elsewhere, foreign, echoes }: CorrelatedPage,
): Promise<void> {
  await sql.lock('report')
  await lockEmployees(sql, [...joins.map(({ record }) => record.employeeId), ...changedElsewhere])
  await insertRows(
    sql,
    'log_records (id TEXT, job TEXT, employee TEXT, activity_at INT, change_id TEXT, cycle_id TEXT, action TEXT, status TEXT, code TEXT, reason TEXT, object_id TEXT, operation INT, detail TEXT, seen_at INT, escrow_retry INT)',
    onceEach(joins).map((join) => recordRow(sql.sealing, join, now)),
    `ON CONFLICT (id) DO UPDATE SET operation = COALESCE(log_records.operation, excluded.operation),
       detail = CASE WHEN COALESCE(log_records.operation, excluded.operation) IS NULL THEN excluded.detail ELSE NULL END`,
  )
  const spokenOf = await readSpokenOf(sql, joins)
  const interims = joins.flatMap((join) =>
    join.operation !== null && join.interim !== null
      ? [{ ...join, interim: join.interim, seq: seqOf(join.operation) }]
      : [],
  )
  const first = await settle(sql, interims, 'accepted', now, finalAt)
  // Nearly all of them are settled by now. None is settled twice.
  const settled = new Set(first.map(({ seq }) => seq))
  const others = interims.filter(({ seq }) => !settled.has(seq))
  const retried = await settle(sql, others, 'escrowed', now, finalAt)
  const late = [
    ...(await settle(sql, others, 'unanswered', now, finalAt)),
    ...(await settle(sql, others, 'failed', now, finalAt)),
    ...(await settle(sql, others, 'answered', now, finalAt)),
  ]
  // For late answers the time in the log decides, not the order of the operations.
  await remember(sql, destination, { answered: late, ended: [], spokenOf }, now)
  const answered = [...first, ...retried]
  const { remembered, older } = await remember(sql, destination, { answered, ended: first, spokenOf }, now)
  await noteSpokenOf(sql, spokenOf, remembered)
  await noteObjects(sql, destination, joins)
  await forgetAccepted(
    sql,
    [...first, ...late].filter(({ interim }) => interim === 'escrowed').map(({ employee }) => employee),
  )
  // Events that arrived during the service's retries were compared with an older record.
  await planAgain(sql, retried, now)
  await noteManagers(sql, joins)
  await markForResend(sql, [...changedElsewhere, ...older, ...(await overwritten(sql, joins, spokenOf))], now)
  await resendAfterOvertaking(
    sql,
    first.map(({ employee }) => employee),
    now,
  )
  if (elsewhere) await noteElsewhere(sql, destination, elsewhere, now)
  await keepEchoes(sql, echoes)
  addTotals(sql, instance, { unmatched: foreign })
  if (watermark !== null)
    await sql.run(
      `INSERT INTO cursors (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = CASE WHEN cursors.value > excluded.value AND cursors.value <= ? THEN cursors.value ELSE excluded.value END`,
      // A watermark after now was written by a clock that was ahead.
      [cursorOf(WATERMARK, destination), watermark, now],
    )
}

interface Answered {
  readonly seq: number
  readonly employee: string
  /** Stays sealed: it is only copied. */
  readonly hash: Sealed
  readonly active: number
  readonly interim: Interim
  readonly code: string | null
}

type DecidedJoin = JoinedRecord & { readonly interim: Interim; readonly seq: number }

/**
 * Gives operations in this state the interim outcome of their log record, if they can still change.
 * Returns the operations that were changed.
 */
function settle(
  sql: Sql,
  joins: readonly DecidedJoin[],
  from: 'accepted' | 'escrowed' | 'unanswered' | 'failed' | 'answered',
  now: number,
  finalAt: number,
): Promise<Answered[]> {
  // Of the answered operations, only failed ones can get another answer.
  const before = from === 'answered' ? 'failed' : null
  const taken = joins.filter(({ interim }) => takesAnswer({ state: from, interim: before }, interim))
  return readRows<Answered>(
    sql,
    ['seq INT', 'interim TEXT', 'code TEXT', 'reason TEXT', 'now INT', 'final_at INT'],
    taken.map(({ seq, interim, record }) => [
      seq,
      interim,
      record.code,
      sealOrNull(sql.sealing, 'operations.reason', seq, record.reason),
      now,
      finalAt,
    ]),
    `UPDATE operations SET state = CASE WHEN v.interim = 'escrowed' THEN 'escrowed' ELSE 'answered' END, interim = v.interim, code = v.code,
       reason = v.reason, answered_at = v.now, final_at = v.final_at
     FROM v WHERE operations.seq = v.seq AND operations.state = '${from}'${before === null ? '' : ` AND operations.interim = '${before}'`}
     RETURNING operations.seq, operations.employee, operations.hash, operations.active, operations.interim, operations.code`,
  )
}

/** A multi-row upsert must not contain a record twice; the joined one is kept. */
function onceEach(joins: readonly JoinedRecord[]): JoinedRecord[] {
  const records = new Map<string, JoinedRecord>()
  for (const join of joins)
    if ((records.get(join.record.id)?.operation ?? null) === null) records.set(join.record.id, join)
  return [...records.values()]
}

function recordRow(sealing: Sealing, { record, operation }: JoinedRecord, now: number): SqlValue[] {
  const joined = operation === null ? null : seqOf(operation)
  return [
    record.id,
    record.jobId,
    record.employeeId,
    record.activityAt,
    record.changeId,
    record.cycleId,
    record.action,
    record.status,
    record.code,
    sealOrNull(sealing, 'log_records.reason', record.id, record.reason),
    record.objectId,
    joined,
    joined === null ? sealing.seal('log_records.detail', record.id, JSON.stringify(record)) : null,
    now,
    record.escrowRetry ? 1 : 0,
  ]
}

interface Remembering {
  readonly answered: readonly Answered[]
  readonly ended: readonly Answered[]
  readonly spokenOf: SpokenOf
}

/**
 * Stores the last accepted record, which the next one is compared with. An employee who has moved to
 * another destination since keeps what is stored. Answers the employees whose older record was
 * accepted after a newer one, because the service retried it. It may have undone the newer one, so
 * the current record is sent again. The operations in `ended` are no longer unanswered. This and
 * when the log last spoke of an employee are written in the same change of the row.
 */
async function remember(
  sql: Sql,
  destination: string,
  { answered, ended, spokenOf }: Remembering,
  now: number,
): Promise<{ readonly remembered: ReadonlySet<string>; readonly older: readonly string[] }> {
  const took = answered.filter(({ interim, code }) => isAccepted(interim, code))
  const newest = new Map(took.sort((a, b) => a.seq - b.seq).map((row) => [row.employee, row]))
  const endedOf = Map.groupBy(ended, ({ employee }) => employee)
  const remembered = await readRows<{ id: string }>(
    sql,
    ['id TEXT', 'hash TEXT', 'operation INT', 'active INT', 'spoken INT', 'ended INT', 'now INT'],
    [...newest.values()].map(({ employee, hash, seq, active }) => [
      employee,
      hash.toString(),
      seq,
      active,
      spokenOf.get(employee)?.now ?? null,
      endedOf.get(employee)?.length ?? 0,
      now,
    ]),
    `UPDATE employees SET accepted_hash = v.hash, accepted_operation = v.operation, accepted_active = v.active, spoken_at = COALESCE(v.spoken, spoken_at), known = 1, known_at = COALESCE(known_at, v.now), resends = 0,
       failures = CASE WHEN failed_hash = v.hash THEN 0 ELSE failures END, failed_hash = CASE WHEN failed_hash = v.hash THEN NULL ELSE failed_hash END,
       unanswered = unanswered - v.ended, revision = revision + CASE WHEN v.ended > 0 THEN 1 ELSE 0 END
     FROM v WHERE employees.id = v.id AND employees.destination = ? AND (accepted_operation IS NULL OR accepted_operation < v.operation) RETURNING employees.id`,
    [destination],
  )
  const kept = new Set(remembered.map(({ id }) => id))
  const others = ended.filter(({ employee }) => !kept.has(employee))
  await addUnanswered(sql, others, -1)
  return { remembered: kept, older: [...newest.keys()].filter((employee) => !kept.has(employee)) }
}

async function noteObjects(sql: Sql, destination: string, joins: readonly JoinedRecord[]): Promise<void> {
  const objects = new Map(
    joins.flatMap(({ record, operation }) =>
      operation !== null && record.objectId !== null ? [[record.employeeId, record.objectId]] : [],
    ),
  )
  await writeRows(
    sql,
    ['id TEXT', 'object_id TEXT'],
    [...objects],
    'UPDATE employees SET object_id = v.object_id FROM v WHERE employees.id = v.id AND employees.destination = ? AND employees.object_id IS DISTINCT FROM v.object_id',
    [destination],
  )
}

async function keepEchoes(sql: Sql, echoes: readonly EchoedKey[]): Promise<void> {
  await insertRows(
    sql,
    'echoes (job TEXT, attribute TEXT, seen_from INT, seen_to INT, cycle TEXT)',
    echoes.map(({ job, key, from, to, cycle }) => [job, key, from, to, cycle]),
    `ON CONFLICT (job, attribute) DO UPDATE SET
       seen_from = CASE WHEN excluded.seen_from < echoes.seen_from THEN excluded.seen_from ELSE echoes.seen_from END,
       cycle = CASE WHEN excluded.seen_to >= echoes.seen_to THEN excluded.cycle ELSE echoes.cycle END,
       seen_to = CASE WHEN excluded.seen_to > echoes.seen_to THEN excluded.seen_to ELSE echoes.seen_to END`,
  )
}

/**
 * The service may carry out a failed operation at any later time. From then on, no record counts as
 * equal to the one that the directory accepted last.
 */
async function forgetAccepted(sql: Sql, employees: readonly string[]): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT'],
    [...new Set(employees)].sort().map((id) => [id]),
    'UPDATE employees SET accepted_hash = NULL, revision = revision + 1 FROM v WHERE employees.id = v.id',
  )
}

/**
 * Records whether the manager of an operation is still missing. A log record reports it as
 * unresolved; a later record of the same change settles it.
 */
async function noteManagers(sql: Sql, joins: readonly JoinedRecord[]): Promise<void> {
  const joined = joins.flatMap(({ record, operation }) =>
    operation === null ? [] : [{ record, seq: seqOf(operation) }],
  )
  await writeRows(
    sql,
    ['seq INT'],
    joined.filter(({ record }) => record.imported && record.unresolved).map(({ seq }) => [seq]),
    'UPDATE operations SET unresolved = operations.manager FROM v WHERE operations.seq = v.seq',
  )
  await writeRows(
    sql,
    ['seq INT'],
    joined.filter(({ record }) => !record.imported && record.status === 'success').map(({ seq }) => [seq]),
    'UPDATE operations SET unresolved = NULL FROM v WHERE operations.seq = v.seq',
  )
}

/**
 * The service documents no order, so the end state is resent after an operation overtook another.
 */
async function resendAfterOvertaking(sql: Sql, employees: readonly string[], now: number): Promise<void> {
  await writeRows(
    sql,
    ['id TEXT', 'now INT'],
    [...new Set(employees)].map((id) => [id, now]),
    `UPDATE employees SET resend_due = 0, accepted_hash = NULL, revision = revision + 1, dirty_at = COALESCE(dirty_at, v.now), plan_at = v.now
     FROM v WHERE employees.id = v.id AND employees.resend_due = 1 AND employees.unanswered = 0`,
  )
}

/**
 * Found by the index on the acceptance time. The operation accepted first was nearly always
 * submitted first, and the tolerance for clocks is larger than the rest.
 */
export async function oldestUnanswered(sql: Sql, destination: string): Promise<number | null> {
  const [accepted] = await sql.all<{ at: number }>(
    `SELECT CASE WHEN submitted_at < accepted_at THEN submitted_at ELSE accepted_at END AS at
     FROM operations WHERE state = 'accepted' AND destination = ? ORDER BY accepted_at LIMIT 1`,
    [destination],
  )
  // The service may have acted on a call whose answer was lost.
  const [open] = await sql.all<{ at: number }>(
    `SELECT submitted_at AS at FROM batches WHERE state = 'open' AND destination = ? AND submitted_at IS NOT NULL ORDER BY submitted_at LIMIT 1`,
    [destination],
  )
  return earliest(accepted?.at ?? null, open?.at ?? null)
}
