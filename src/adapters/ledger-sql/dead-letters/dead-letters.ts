import type {
  EndedDeadLetters,
  EndOrder,
  LedgerDeadLetter,
  LedgerDeadLetterPage,
  LedgerDeadLetterQuery,
  Original,
} from '../../../core/ledger/port/dead-letters.ts'
import { EVENT_REASONS } from '../../../core/ledger/event-reason.ts'
import { finishEvents } from '../tables/events.ts'
import { planAgain, lockEmployees } from '../tables/employees.ts'
import { parse } from '../driver/json.ts'
import { blockingReactivation } from './blocks-reactivation.ts'
import { operationId } from '../tables/ids.ts'
import { insertRows, type Sql, type SqlValue, readRows, writeRows } from '../driver/sql.ts'
import { AUDIT } from '../tables/audit.ts'
import { openOrNull, type Sealed, type Sealing } from '../sealing/sealing.ts'

export interface DeadLetterRow {
  readonly seq: number
  readonly event_id: string
  readonly source: string
  readonly type: string
  readonly employee: string
  readonly worker: Sealed
  readonly rescinds: string | null
  readonly reason: string | null
  readonly detail: string | null
  readonly operation: number | null
  readonly revision: number
  readonly finished_at: number | null
  readonly replays: number
  readonly archived_at: number | null
  readonly batch_state: string | null
}
export const COLUMNS =
  'e.seq, e.event_id, e.source, e.type, e.employee, e.worker, e.rescinds, e.reason, e.detail, e.operation, e.revision, e.finished_at, e.replays, e.archived_at, b.state AS batch_state'
export const FROM =
  'events e LEFT JOIN operations o ON o.seq = e.operation LEFT JOIN batches b ON b.seq = o.batch'

/** The code of a dead letter without a reason. */
export const UNKNOWN_REASON = 'Unknown'

/** In the order of their numbers, along an index that holds only dead events. */
export async function deadLetters(
  sql: Sql,
  { filter, archived, next, limit }: LedgerDeadLetterQuery,
): Promise<LedgerDeadLetterPage> {
  const given: readonly (readonly [clause: string, value: SqlValue])[] = [
    ['e.reason = ?', filter.code],
    ['e.type = ?', filter.type],
    ['e.employee = ?', filter.employeeId],
    ['e.finished_at >= ?', filter.since],
    ['e.finished_at < ?', filter.until],
  ]
  const wanted = given.filter(([, value]) => value !== null)
  const rows = await sql.all<DeadLetterRow>(
    `SELECT ${COLUMNS} FROM ${FROM} WHERE e.state = 'dead-lettered' AND e.seq > ? ${archived ? '' : 'AND e.archived_at IS NULL'}
       ${wanted.map(([clause]) => `AND ${clause}`).join(' ')} ORDER BY e.seq LIMIT ?`,
    [next ?? 0, ...wanted.map(([, value]) => value), limit],
  )
  const keeping = await blockingReactivation(sql, rows)
  return {
    deadLetters: rows.map((row) => toDeadLetter(row, keeping)),
    next: rows.length < limit ? null : (rows.at(-1)?.seq ?? null),
  }
}

export async function deadLetter(
  sql: Sql,
  seq: number,
): Promise<{ letter: LedgerDeadLetter; original: Original | null } | null> {
  const [row] = await sql.all<DeadLetterRow & OriginalRow>(
    `SELECT ${COLUMNS}, m.original, m.body FROM ${FROM} LEFT JOIN originals m ON m.event_seq = e.seq WHERE e.seq = ? AND e.state = 'dead-lettered'`,
    [seq],
  )
  return row
    ? {
        letter: toDeadLetter(row, await blockingReactivation(sql, [row])),
        original: originalFrom(sql.sealing, row),
      }
    : null
}

/** What an event came in. */
export interface OriginalRow {
  readonly seq: number
  readonly original: Sealed | null
  readonly body: Sealed | null
}

/** `null` for an event that came in a file. */
export function originalFrom(sealing: Sealing, row: OriginalRow): Original | null {
  const original = openOrNull(sealing, 'originals.original', row.seq, row.original)
  const body = openOrNull(sealing, 'originals.body', row.seq, row.body)
  return original === null || body === null ? null : { ...parse<Omit<Original, 'body'>>(original), body }
}

export function toDeadLetter(row: DeadLetterRow, keeping: ReadonlySet<number>): LedgerDeadLetter {
  return {
    seq: row.seq,
    source: row.source,
    id: row.event_id,
    type: row.type,
    employeeId: row.employee,
    code: row.reason ?? UNKNOWN_REASON,
    detail: row.detail,
    refused: row.batch_state === 'rejected',
    operation: row.operation === null ? null : operationId(row.operation),
    revision: row.revision,
    diedAt: row.finished_at ?? 0,
    replays: row.replays,
    archivedAt: row.archived_at,
    blocksReactivation: keeping.has(row.seq),
  }
}

export async function endDeadLetters(
  sql: Sql,
  instance: string,
  order: EndOrder,
  now: number,
): Promise<EndedDeadLetters> {
  const { how, terminations, actor, justification } = order
  const rows = await lockDead(sql, order.seqs)
  const keeping = how === 'discard' && !terminations ? await blockingReactivation(sql, rows) : new Set()
  const kept = rows.filter(({ seq }) => keeping.has(seq))
  const ended = rows.filter((row) => !kept.includes(row))
  if (how === 'archive')
    await writeRows(
      sql,
      ['seq INT', 'now INT'],
      ended.map(({ seq }) => [seq, now]),
      'UPDATE events SET archived_at = v.now FROM v WHERE events.seq = v.seq',
    )
  else {
    // A notice that is given up is not read again.
    await writeRows(
      sql,
      ['seq INT'],
      ended.map(({ seq }) => [seq]),
      'UPDATE events SET read_from = NULL, read_until = 0 FROM v WHERE events.seq = v.seq',
    )
    await finishEvents(
      sql,
      instance,
      ended.map(({ seq, employee, operation }) => ({
        seq,
        employee,
        operation,
        state: 'skipped',
        reason: EVENT_REASONS.discarded,
        detail: null,
        by: null,
      })),
      now,
    )
    await planAgain(sql, ended, now)
  }
  await insertRows(
    sql,
    AUDIT,
    ended.map(({ seq }) => [now, actor, `dead-letter.${how}`, justification, `dl-${seq}`]),
  )
  const found = new Set(rows.map(({ seq }) => seq))
  return {
    ended: ended.map(({ seq }) => seq),
    kept: kept.map(({ seq }) => seq),
    gone: order.seqs.filter((seq) => !found.has(seq)),
  }
}

export async function noteDiscarded(
  sql: Sql,
  entity: string,
  sequences: readonly string[],
  actor: string,
  justification: string,
  now: number,
): Promise<void> {
  await insertRows(
    sql,
    AUDIT,
    sequences.map((sequence) => [now, actor, 'dead-letter.discard', justification, `${entity}#${sequence}`]),
  )
}

const LOCKED = [
  'seq',
  'source',
  'event_id',
  'employee',
  'worker',
  'rescinds',
  'operation',
  'revision',
] as const

/**
 * Those of the dead letters that are still dead. Their employees stay locked until the end of the
 * transaction.
 */
export async function lockDead(
  sql: Sql,
  seqs: readonly number[],
): Promise<Pick<DeadLetterRow, (typeof LOCKED)[number]>[]> {
  const dead = (): ReturnType<typeof lockDead> =>
    readRows(
      sql,
      ['seq INT'],
      seqs.map((seq) => [seq]),
      `SELECT ${LOCKED.map((name) => `e.${name}`).join(', ')} FROM v JOIN events e ON e.seq = v.seq WHERE e.state = 'dead-lettered'`,
    )
  if (sql.dialect.locksRows)
    await lockEmployees(
      sql,
      (await dead()).map(({ employee }) => employee),
    )
  return dead()
}
