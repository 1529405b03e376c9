import type {
  Erasure,
  ErasureResult,
  EmployeeCut,
  RetentionPage,
  RetentionQuery,
} from '../../../core/ledger/port/upkeep.ts'
import { compareText } from '../../../core/plan/fold/order.ts'
import type { EventName } from '../../../core/model.ts'
import { keepErasedDeactivation } from '../leavers/erased-deactivations.ts'
import { employeeHash, keepErasedMarks } from '../leavers/erased-marks.ts'
import { eraseEmergencyCalls } from '../emergency/calls.ts'
import { eraseBlockedId } from '../blocks/marks.ts'
import { eraseCases, forgetCases } from '../leavers/settle.ts'
import { lockEmployees } from '../tables/employees.ts'
import { foldedHash, ownerHash } from '../tables/name-hash.ts'
import { loadEmployees } from '../plan/load.ts'
import { eraseAccountNames, forgetAccountNames } from '../names/account-names.ts'
import { eraseEdits } from '../dead-letters/replays.ts'
import { insertRows, readCount, readRows, type Sql, writeRows } from '../driver/sql.ts'
import { addTotals } from '../tables/totals.ts'
import { AUDIT } from '../tables/audit.ts'
import type { Sealed } from '../sealing/sealing.ts'

export async function retentionPage(
  sql: Sql,
  { after, limit, settledBefore }: RetentionQuery,
): Promise<RetentionPage> {
  // An id is never empty, so every id sorts after the empty text.
  const ids = await sql.all<{ id: string }>('SELECT id FROM employees WHERE id > ? ORDER BY id LIMIT ?', [
    after ?? '',
    limit,
  ])
  // `COUNT` and `COALESCE` keep PostgreSQL from reading all events, or all settled ones, to find
  // those of a few employees.
  const settled = Map.groupBy(
    await readRows<{ seq: number; employee: string }>(
      sql,
      ['id TEXT'],
      ids.map(({ id }) => [id]),
      `SELECT e.seq, e.employee FROM v JOIN events e ON e.employee = v.id
       WHERE COALESCE(e.state, '') IN ('confirmed', 'unchanged', 'superseded', 'skipped') AND e.finished_at < ? AND e.read_from IS NULL
         AND (SELECT COUNT(*) FROM outbox o WHERE o.event_seq = e.seq AND o.published_at IS NULL) = 0`,
      [settledBefore],
    ),
    (row) => row.employee,
  )
  // The events of the others are not read: in most rounds, most employees have nothing that is old.
  const employees = await loadEmployees(sql, [...settled.keys()])
  return {
    employees: employees.map((employee) => ({
      employee,
      settled: (settled.get(employee.employeeId) ?? []).map(({ seq }) => seq),
    })),
    last: ids.at(-1)?.id ?? null,
  }
}

export async function foldAway(
  sql: Sql,
  instance: string,
  cuts: readonly EmployeeCut[],
  settledBefore: number,
  now: number,
): Promise<{ folded: number }> {
  await sql.lock('intake')
  await lockEmployees(
    sql,
    cuts.map(({ employeeId: employee }) => employee),
  )
  const current = new Set(
    (
      await readRows<{ id: string }>(
        sql,
        ['id TEXT', 'revision INT'],
        cuts
          .toSorted((a, b) => compareText(a.employeeId, b.employeeId))
          .map(({ employeeId: employee, revision }) => [employee, revision]),
        'UPDATE employees SET revision = employees.revision + 1 FROM v WHERE employees.id = v.id AND employees.revision = v.revision RETURNING employees.id',
      )
    ).map(({ id }) => id),
  )
  const kept = cuts.filter(({ employeeId: employee }) => current.has(employee))
  const folded = await deleteEvents(
    sql,
    kept.flatMap(({ gone }) => gone),
  )
  await insertRows(
    sql,
    'folds (employee TEXT, events TEXT, folded_at INT)',
    kept.map(({ employeeId: employee, remains }) => [
      employee,
      sql.sealing.seal('folds.events', employee, JSON.stringify(remains)),
      now,
    ]),
    'ON CONFLICT (employee) DO UPDATE SET events = excluded.events, folded_at = excluded.folded_at',
  )
  const dropped = await dropOperations(
    sql,
    kept.map(({ employeeId: employee }) => employee),
    settledBefore,
  )
  addTotals(sql, instance, { folded, dropped })
  await forgetCases(sql, settledBefore)
  return { folded }
}

/**
 * Their ids stay as hashes, with whose they were, so that a late duplicate is still recognised, and
 * the event of another employee with the id is not taken for one.
 */
async function deleteEvents(sql: Sql, seqs: readonly number[]): Promise<number> {
  const rows = seqs.map((seq) => [seq])
  const names = await readRows<{ source: string; event_id: string; employee: string; replays: number }>(
    sql,
    ['seq INT'],
    rows,
    'DELETE FROM events WHERE seq IN (SELECT seq FROM v) RETURNING source, event_id, employee, replays',
  )
  await insertRows(
    sql,
    'folded_ids (hash TEXT, owner TEXT)',
    names.map(({ source, event_id: id, employee, replays }) => [
      foldedHash(sql.sealing, { source, id }),
      replays > 0 ? null : ownerHash(sql.sealing, { source, id }, employee),
    ]),
    'ON CONFLICT DO NOTHING',
  )
  for (const table of ['originals', 'outbox', 'edits'])
    await writeRows(sql, ['seq INT'], rows, `DELETE FROM ${table} WHERE event_seq IN (SELECT seq FROM v)`)
  await writeRows(
    sql,
    ['sequence TEXT'],
    seqs.map((seq) => [String(seq)]),
    `UPDATE replay_items SET body = NULL, employees = NULL WHERE entity = '' AND body IS NOT NULL AND sequence IN (SELECT sequence FROM v)`,
  )
  return names.length
}

/**
 * Operations as old as the events, with their log records. The last accepted record stays, because
 * the next one is compared with it. So does the last failure.
 */
async function dropOperations(sql: Sql, employees: readonly string[], before: number): Promise<number> {
  const dropped = await readRows<{ seq: number; employee: string }>(
    sql,
    ['id TEXT'],
    employees.map((id) => [id]),
    `DELETE FROM operations WHERE employee IN (SELECT id FROM v) AND finished_at < ?
       AND seq <> COALESCE((SELECT p.accepted_operation FROM employees p WHERE p.id = operations.employee), 0)
       AND seq <> COALESCE((SELECT p.failed_operation FROM employees p WHERE p.id = operations.employee), 0)
       AND NOT EXISTS (SELECT 1 FROM events e WHERE e.employee = operations.employee AND e.operation = operations.seq)
     RETURNING seq, employee`,
    [before],
  )
  const seqs = dropped.map(({ seq }) => [seq])
  await writeRows(sql, ['seq INT'], seqs, 'DELETE FROM log_records WHERE operation IN (SELECT seq FROM v)')
  const records = await readRows<{ operation: number; record: Sealed }>(
    sql,
    ['seq INT'],
    seqs,
    'DELETE FROM records WHERE operation IN (SELECT seq FROM v) RETURNING operation, record',
  )
  const employeeOf = new Map(dropped.map(({ seq, employee }) => [seq, employee]))
  await forgetAccountNames(
    sql,
    records.map(({ operation, record }) => ({
      employee: employeeOf.get(operation) ?? '',
      record: sql.sealing.open('records.record', operation, record),
    })),
  )
  return dropped.length
}

/**
 * Those of the events that retention or an erasure has removed, by the hashes of their ids, with
 * whose they were.
 */
export async function knownFolded(
  sql: Sql,
  events: readonly EventName[],
): Promise<ReadonlyMap<string, string | null>> {
  if ((await sql.all('SELECT 1 AS one FROM folded_ids LIMIT 1')).length === 0) return new Map()
  const rows = await readRows<{ hash: string; owner: string | null }>(
    sql,
    ['hash TEXT'],
    events.map((event) => [foldedHash(sql.sealing, event)]),
    'SELECT f.hash, f.owner FROM v JOIN folded_ids f ON f.hash = v.hash',
  )
  return new Map(rows.map(({ hash, owner }) => [hash, owner]))
}

export async function erase(
  sql: Sql,
  instance: string,
  { employeeId: employee, actor, justification }: Erasure,
  now: number,
): Promise<Omit<ErasureResult, 'filesClean'> | null> {
  await sql.lock('intake')
  await eraseEdits(sql, employee, now)
  await sql.run('DELETE FROM edits WHERE employee = ?', [employee])
  // Also for an employee that only the log names.
  await sql.run('DELETE FROM findings WHERE employee = ?', [employee])
  await sql.run('DELETE FROM unnamed_accounts WHERE employee = ?', [employee])
  const [known] = await sql.all(`SELECT id FROM employees WHERE id = ?${sql.dialect.forUpdate}`, [employee])
  // A refused message may name a leaver who has no row.
  await eraseCases(sql, employee)
  await eraseEmergencyCalls(sql, employee)
  await eraseBlockedId(sql, employee)
  const [loaded] = await loadEmployees(sql, [employee])
  await keepErasedDeactivation(sql, employee, loaded ?? null, now)
  await sql.run('DELETE FROM foreign_deactivations WHERE employee = ?', [employee])
  if (!known) return (await wasErased(sql, employee)) ? NOTHING_LEFT : null
  if (loaded) await keepErasedMarks(sql, loaded, now)
  await deleteSharedBodies(sql, employee)
  const withheld = await readCount(
    sql,
    'SELECT COUNT(*) AS n FROM outbox WHERE employee = ? AND published_at IS NULL',
    [employee],
  )
  const seqs = await sql.all<{ seq: number }>('SELECT seq FROM events WHERE employee = ?', [employee])
  const events = await deleteEvents(
    sql,
    seqs.map(({ seq }) => seq),
  )
  await sql.run('DELETE FROM outbox WHERE employee = ?', [employee])
  await sql.run('DELETE FROM log_records WHERE employee = ?', [employee])
  await sql.run('DELETE FROM records WHERE operation IN (SELECT seq FROM operations WHERE employee = ?)', [
    employee,
  ])
  const operations = await sql.run('DELETE FROM operations WHERE employee = ?', [employee])
  await sql.run('DELETE FROM folds WHERE employee = ?', [employee])
  await eraseAccountNames(sql, employee)
  // The brake still counts the deactivation, under a name that identifies no employee.
  const hash = employeeHash(sql.sealing, employee)
  await sql.run(
    'INSERT INTO deactivations (employee, at) SELECT ?, at FROM deactivations WHERE employee = ? ON CONFLICT DO NOTHING',
    [hash, employee],
  )
  await sql.run('DELETE FROM deactivations WHERE employee = ?', [employee])
  await sql.run('DELETE FROM left_accounts WHERE employee = ?', [employee])
  await sql.run('DELETE FROM employees WHERE id = ?', [employee])
  await insertRows(
    sql,
    'erasures (employee_hash TEXT, at INT, actor TEXT, justification TEXT, events INT, operations INT)',
    [[hash, now, actor, justification, events, operations]],
  )
  await insertRows(sql, AUDIT, [[now, actor, 'erase', justification, hash]])
  addTotals(sql, instance, { erased: events, dropped: operations, withheld })
  return { events, operations, outcomesWithheld: withheld }
}

const NOTHING_LEFT = { events: 0, operations: 0, outcomesWithheld: 0 } as const

async function wasErased(sql: Sql, employee: string): Promise<boolean> {
  const rows = await sql.all('SELECT 1 AS one FROM erasures WHERE employee_hash = ? LIMIT 1', [
    employeeHash(sql.sealing, employee),
  ])
  return rows.length > 0
}

/**
 * A message with events of several employees contains data of this one too. Without its body, the
 * events of the others can be replayed unchanged, but not edited.
 */
async function deleteSharedBodies(sql: Sql, employee: string): Promise<void> {
  const held = `SELECT o.event_seq, o.original FROM events e JOIN originals o ON o.event_seq = e.seq
    WHERE e.employee = ? AND o.original IS NOT NULL`
  const rows = await sql.all<{ event_seq: number; original: Sealed }>(held, [employee])
  // While keys change, the same text may be sealed with another key beside another event.
  const others = rows.flatMap(({ event_seq, original }) => {
    const text = sql.sealing.open('originals.original', event_seq, original)
    return sql.sealing.formsOf('originals.original', text).filter((form) => form !== original.toString())
  })
  for (const table of ['edits', 'originals']) {
    const forget = `UPDATE ${table} SET original = NULL, body = NULL WHERE original IN`
    await writeRows(
      sql,
      ['original TEXT'],
      [...new Set(others)].map((form) => [form]),
      `${forget} (SELECT original FROM v)`,
    )
    await sql.run(`${forget} (SELECT original FROM (${held}) held)`, [employee])
  }
}
