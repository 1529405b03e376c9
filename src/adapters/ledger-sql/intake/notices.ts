import type {
  ClaimedNotice,
  FinishedRead,
  NoticeQuery,
  ReadResult,
} from '../../../core/ledger/port/intake.ts'
import { isTermination } from '../../../core/model.ts'
import { EVENT_REASONS } from '../../../core/ledger/event-reason.ts'
import { finishEvents } from '../tables/events.ts'
import { planAgain, lockEmployees } from '../tables/employees.ts'
import type { Sealed } from '../sealing/sealing.ts'
import { workerOf } from '../tables/event-row.ts'
import { eventKey } from '../../../core/plan/fold/event.ts'
import { type Sql, readRows, writeRows } from '../driver/sql.ts'

interface Row {
  readonly seq: number
  readonly source: string
  readonly event_id: string
  readonly type: string
  readonly employee: string
  readonly recorded_at: number
  readonly effective_at: number
  readonly reads: number
  readonly read_until: number
}

export async function claimNotices(
  sql: Sql,
  { now, noticedBefore, leaseMs, limit }: NoticeQuery,
): Promise<ClaimedNotice[]> {
  const rows = await sql.all<Row>(
    `UPDATE events SET read_until = ? WHERE seq IN (
       SELECT seq FROM events WHERE read_from IS NOT NULL AND state <> 'dead-lettered' AND read_from <= ? AND read_until <= ? ORDER BY read_from LIMIT ?${sql.dialect.skipLocked})
     RETURNING seq, source, event_id, type, employee, recorded_at, effective_at, reads, read_until`,
    [now + leaseMs, noticedBefore, now, limit],
  )
  return rows.map((row) => ({
    seq: row.seq,
    source: row.source,
    id: row.event_id,
    type: row.type,
    employeeId: row.employee,
    recordedAt: row.recorded_at,
    effectiveAt: row.effective_at,
    attempts: row.reads,
    claimedUntil: row.read_until,
  }))
}

export async function finishReads(
  sql: Sql,
  instance: string,
  finished: readonly FinishedRead[],
  now: number,
): Promise<void> {
  const results = await stillClaimed(sql, finished)
  await writeRows(
    sql,
    ['seq INT', 'at INT'],
    results.flatMap((result) => (result.kind === 'again' ? [[result.seq, result.at]] : [])),
    'UPDATE events SET read_from = v.at, read_until = 0, reads = events.reads + 1 FROM v WHERE events.seq = v.seq',
  )
  await writeRows(
    sql,
    ['seq INT'],
    results.flatMap((result) => (result.kind === 'released' ? [[result.seq]] : [])),
    'UPDATE events SET read_until = 0 FROM v WHERE events.seq = v.seq',
  )
  await becomeRead(
    sql,
    results.filter((result) => result.kind === 'read'),
    now,
  )
  await fail(
    sql,
    instance,
    results.filter((result) => result.kind === 'failed'),
    now,
  )
}

/** Without the results of claims that have lapsed, where another instance has the notice now or has read it. */
async function stillClaimed(sql: Sql, finished: readonly FinishedRead[]): Promise<readonly FinishedRead[]> {
  const about = await readRows<{ employee: string }>(
    sql,
    ['seq INT'],
    finished.map(({ seq }) => [seq]),
    'SELECT e.employee FROM v JOIN events e ON e.seq = v.seq',
  )
  await lockEmployees(sql, about)
  const claimed = await readRows<{ seq: number }>(
    sql,
    ['seq INT', 'until INT'],
    finished.map(({ seq, claimedUntil }) => [seq, claimedUntil]),
    'SELECT e.seq FROM v JOIN events e ON e.seq = v.seq WHERE e.read_until = v.until',
  )
  const kept = new Set(claimed.map(({ seq }) => seq))
  return finished.filter(({ seq }) => kept.has(seq))
}

async function becomeRead(sql: Sql, read: readonly Read[], now: number): Promise<void> {
  await writeRows(
    sql,
    ['seq INT', 'next_at INT'],
    read.map(({ seq, nextAt }) => [seq, nextAt]),
    'UPDATE events SET read_from = v.next_at, read_until = 0, reads = 0 FROM v WHERE events.seq = v.seq',
  )
  // An event that was read before and says the same keeps its outcome, unless other events have come
  // since, which it may now overrule. A rescinded one stays rescinded, whatever it says.
  const news = await saysOtherwise(sql, read)
  const areNews = new Set(news.map(({ seq }) => seq))
  // What stands before this read and comes after it is overruled, too.
  await writeRows(
    sql,
    ['seq INT', 'recorded INT', 'began INT'],
    read.flatMap(({ seq, recordedAt, began }) => (areNews.has(seq) ? [] : [[seq, recordedAt, began]])),
    `UPDATE events SET recorded_at = v.recorded, effective_at = v.began
     FROM v WHERE events.seq = v.seq AND events.state <> 'dead-lettered'`,
  )
  const changed = await readRows<{ seq: number; employee: string }>(
    sql,
    ['seq INT', 'mode TEXT', 'worker TEXT', 'recorded INT', 'began INT'],
    news.map(({ seq, mode, sealed, recordedAt, began }) => [seq, mode, sealed, recordedAt, began]),
    `UPDATE events SET mode = v.mode, worker = v.worker, recorded_at = v.recorded, effective_at = v.began,
       state = CASE WHEN events.reason = '${EVENT_REASONS.rescinded}' THEN events.state ELSE 'received' END,
       reason = CASE WHEN events.reason = '${EVENT_REASONS.rescinded}' THEN events.reason ELSE NULL END,
       detail = NULL, operation = NULL
     FROM v WHERE events.seq = v.seq AND events.state <> 'dead-lettered'
     RETURNING events.seq, events.employee`,
  )
  const leaving = new Set(news.filter(isTermination).map(({ seq }) => seq))
  await writeRows(
    sql,
    ['id TEXT'],
    changed.filter(({ seq }) => leaving.has(seq)).map(({ employee }) => [employee]),
    'UPDATE employees SET urgent = 1 FROM v WHERE employees.id = v.id',
  )
  await planAgain(sql, changed, now)
}

type Read = Extract<ReadResult, { kind: 'read' }>

/**
 * What was read for the first time, or says something else than before, or the same of an employee of
 * whom other events have come since; with what to store of it.
 */
async function saysOtherwise(
  sql: Sql,
  read: readonly Read[],
): Promise<readonly (Read & { readonly sealed: string })[]> {
  const rows = await readRows<{
    seq: number
    source: string
    event_id: string
    mode: string
    worker: Sealed
    others: number
  }>(
    sql,
    ['seq INT'],
    read.map(({ seq }) => [seq]),
    `SELECT e.seq, e.source, e.event_id, e.mode, e.worker, CASE WHEN
       EXISTS (SELECT 1 FROM events o WHERE o.employee = e.employee AND o.seq <> e.seq AND (o.received_at >= e.recorded_at OR o.effective_at >= e.recorded_at))
       OR EXISTS (SELECT 1 FROM folds f WHERE f.employee = e.employee AND f.folded_at >= e.recorded_at) THEN 1 ELSE 0 END AS others
     FROM v JOIN events e ON e.seq = v.seq`,
  )
  const known = new Map(rows.map((row) => [row.seq, row]))
  return read.flatMap((result) => {
    const row = known.get(result.seq)
    if (!row) return []
    const said = JSON.stringify(result.worker)
    const isFirst = row.mode === 'notice'
    if (!isFirst && row.others === 0 && workerOf(sql.sealing, row) === said.toWellFormed()) return []
    const key = eventKey({ source: row.source, id: row.event_id })
    return [{ ...result, sealed: sql.sealing.seal('events.worker', key, said) }]
  })
}

async function fail(
  sql: Sql,
  instance: string,
  failed: readonly Extract<ReadResult, { kind: 'failed' }>[],
  now: number,
): Promise<void> {
  const rows = await readRows<{
    seq: number
    employee: string
    operation: number | null
    mode: string
    detail: string
  }>(
    sql,
    ['seq INT', 'detail TEXT'],
    failed.map(({ seq, detail }) => [seq, detail]),
    'SELECT e.seq, e.employee, e.operation, e.mode, v.detail FROM v JOIN events e ON e.seq = v.seq',
  )
  // What was read once stands; only the second look at it came to nothing.
  await writeRows(
    sql,
    ['seq INT'],
    rows.filter(({ mode }) => mode !== 'notice').map(({ seq }) => [seq]),
    'UPDATE events SET read_from = NULL, read_until = 0 FROM v WHERE events.seq = v.seq',
  )
  const dead = rows.filter(({ mode }) => mode === 'notice')
  await writeRows(
    sql,
    ['seq INT'],
    dead.map(({ seq }) => [seq]),
    'UPDATE events SET read_until = 0, reads = 0 FROM v WHERE events.seq = v.seq',
  )
  await finishEvents(
    sql,
    instance,
    dead.map(({ seq, employee, operation, detail }) => ({
      seq,
      employee,
      operation,
      detail,
      state: 'dead-lettered',
      reason: EVENT_REASONS.hydrateFailed,
      by: null,
    })),
    now,
  )
  await planAgain(sql, dead, now)
}
