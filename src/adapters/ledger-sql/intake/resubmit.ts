import { clearFailures, planAgain, lockEmployees } from '../tables/employees.ts'
import type { IntakeMessage } from '../../../core/ledger/port/intake.ts'
import type { HrEvent } from '../../../core/model.ts'
import { reopensDeadEvent } from '../../../core/intake/resubmission.ts'
import {
  type Arrival,
  contentOf,
  storedKey,
  originalOf,
  type OriginalTexts,
  sealOriginal,
} from '../tables/event-row.ts'
import { openOrNull, type Sealed } from '../sealing/sealing.ts'
import { blockingReactivation, type DeadEventRow, liftsBlockOf } from '../dead-letters/blocks-reactivation.ts'
import { namingOthers } from './rescind-mismatch.ts'
import { type Sql, type SqlValue, readRows, writeRows } from '../driver/sql.ts'

/** The actor of an edit made by a resubmitted message, which names no person. */
const RESUBMITTED = 'resubmitted'

interface DeadRow extends DeadEventRow {
  readonly finished_at: number
  readonly replays: number
}

/**
 * Reopens events that died and were then put on the bus again, by any tool, with what they say now.
 * A message that was merely delivered late or twice reopens nothing. An event that deactivated its
 * employee and no longer does stays dead, because that takes a person's decision; so does a rescind
 * of another employee's event. Returns the events that were reopened.
 *
 * The time of death is from our clock, and the time of sending from that of the bus; ours may be
 * ahead by `aheadMs`.
 */
export async function takeBack(
  sql: Sql,
  arrivals: readonly Arrival[],
  now: number,
  aheadMs: number,
): Promise<readonly HrEvent[]> {
  const newest = newestOfEach(arrivals)
  if (newest.size === 0) return []
  const sent = [...newest.values()]
  const copies = sent.flatMap(({ message }) => message.copyId ?? [])
  const byHand = await sentOnce(sql, copies)
  const findDead = (): Promise<readonly DeadRow[]> => deadBeforeSent(sql, newest, byHand, aheadMs)
  const found = await findDead()
  if (found.length === 0) return []
  await lockEmployees(sql, [
    ...arrivals.map(({ event }) => event.employeeId),
    ...found.map(({ employee }) => employee),
  ])
  // Another instance may have put them back or discarded them before this one locked their
  // employees.
  const dead = !sql.dialect.locksRows ? found : await findDead()
  const blocking = await blockingReactivation(sql, dead)
  const events = sent.map(({ event }) => event)
  const others = await namingOthers(sql, events)
  const back = dead.flatMap((row) => {
    const again = newest.get(storedKey(row.event_id, row.source))
    return !again ||
      others.has(again.event) ||
      (blocking.has(row.seq) && liftsBlockOf(sql.sealing, row, again.event))
      ? []
      : [{ row, ...again }]
  })
  await reopen(sql, back, now)
  return back.map(({ event }) => event)
}

/** An event in the message that it was sent in. */
interface SentEvent {
  readonly event: HrEvent
  readonly message: IntakeMessage
}

/** Of each event, by its stored key, the first delivery of the message that was enqueued last. */
function newestOfEach(arrivals: readonly Arrival[]): ReadonlyMap<string, SentEvent> {
  const newest = new Map<string, SentEvent>()
  for (const { event, message, first } of arrivals) {
    if (message === null || !first) continue
    const key = storedKey(event.id, event.source)
    if (message.enqueuedAt > (newest.get(key)?.message.enqueuedAt ?? -Infinity))
      newest.set(key, { event, message })
  }
  return newest
}

/** Those of the events that had died when their message was sent. */
async function deadBeforeSent(
  sql: Sql,
  sent: ReadonlyMap<string, SentEvent>,
  byHand: ReadonlySet<string>,
  aheadMs: number,
): Promise<readonly DeadRow[]> {
  const rows = await readRows<DeadRow>(
    sql,
    ['id TEXT', 'source TEXT'],
    [...sent.values()].map(({ event }) => [event.id, event.source]),
    `SELECT e.seq, e.event_id, e.source, e.employee, e.worker, e.rescinds, e.finished_at, e.replays
     FROM v JOIN events e ON e.event_id = v.id AND e.source = v.source WHERE e.state = 'dead-lettered' AND e.finished_at IS NOT NULL`,
  )
  return rows.filter((row) => {
    const message = sent.get(storedKey(row.event_id, row.source))?.message
    return reopensDeadEvent({
      diedAt: row.finished_at,
      enqueuedAt: message?.enqueuedAt ?? 0,
      aheadMs,
      replays: row.replays,
      isReplay: byHand.has(message?.copyId ?? ''),
    })
  })
}

/** Puts dead events back with what they say now, and keeps what they said before. */
async function reopen(
  sql: Sql,
  back: readonly (SentEvent & { readonly row: DeadRow })[],
  now: number,
): Promise<void> {
  const edits = back.map(({ row: { seq }, message }) => ({
    seq,
    actor: RESUBMITTED,
    justification: `${message.entity}#${message.sequence}`,
    said: originalOf(message),
  }))
  await keepSaid(sql, edits, now)
  const events = back.map(({ row: { seq }, event }) => ({ seq, event }))
  await rewrite(sql, events, now)
  // The employee that the event was about before must be planned without it.
  const left = back.flatMap(({ row: { employee }, event }) =>
    event.employeeId.toWellFormed() === employee ? [] : [employee],
  )
  await planAgain(sql, left, now)
}

/**
 * Copies of a replay that arrive for the first time. If another tool sends one again, it still has
 * the mark, but counts like any other message.
 */
async function sentOnce(sql: Sql, copyIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await readRows<{ id: string }>(
    sql,
    ['id TEXT'],
    copyIds.map((id) => [id]),
    'SELECT v.id FROM v JOIN messages m ON m.copy_id = v.id GROUP BY v.id HAVING COUNT(*) = 1',
  )
  return new Set(rows.map(({ id }) => id))
}

/**
 * Keeps the original of each event before it is changed, and who changed it. Keeps nothing where
 * the body stays the same.
 */
export async function keepSaid(
  sql: Sql,
  edits: readonly {
    readonly seq: number
    readonly actor: string
    readonly justification: string
    readonly said: OriginalTexts
  }[],
  now: number,
): Promise<void> {
  const known = await readRows<{ seq: number; body: Sealed | null }>(
    sql,
    ['seq INT'],
    edits.map(({ seq }) => [seq]),
    'SELECT o.event_seq AS seq, o.body FROM v JOIN originals o ON o.event_seq = v.seq',
  )
  const bodies = new Map(
    known.map(({ seq, body }) => [seq, openOrNull(sql.sealing, 'originals.body', seq, body)]),
  )
  const changed = edits.filter(
    ({ seq, said: [, body] }) => body !== null && (bodies.get(seq) ?? '') !== body.toWellFormed(),
  )
  await writeRows(
    sql,
    ['seq INT', 'actor TEXT', 'justification TEXT', 'now INT'],
    changed.map(({ seq, actor, justification }) => [seq, actor, justification, now]),
    `INSERT INTO edits (event_seq, employee, at, actor, justification, original, body)
     SELECT e.seq, e.employee, v.now, v.actor, v.justification, o.original, o.body
     FROM v JOIN events e ON e.seq = v.seq LEFT JOIN originals o ON o.event_seq = e.seq`,
  )
  await writeRows(
    sql,
    ['seq INT', 'original TEXT', 'body TEXT'],
    edits.map(({ seq, said }): SqlValue[] => [seq, ...sealOriginal(sql.sealing, seq, said)]),
    `INSERT INTO originals (event_seq, original, body) SELECT v.seq, v.original, v.body FROM v WHERE v.body IS NOT NULL
     ON CONFLICT (event_seq) DO UPDATE SET original = COALESCE(excluded.original, originals.original), body = excluded.body`,
  )
}

/** Puts events back with what they say now; their next outcome is the next revision. */
export async function rewrite(
  sql: Sql,
  events: readonly { readonly seq: number; readonly event: HrEvent }[],
  now: number,
): Promise<void> {
  await writeRows(
    sql,
    [
      'seq INT',
      'type TEXT',
      'employee TEXT',
      'recorded_at INT',
      'effective_at INT',
      'effective_raw TEXT',
      'rank INT',
      'order_value TEXT',
      'mode TEXT',
      'worker TEXT',
      'rescinds TEXT',
      'traceparent TEXT',
      'read_from INT',
    ],
    events.map(({ seq, event }) => [
      seq,
      event.type,
      event.employeeId,
      ...contentOf(sql.sealing, event),
      event.mode === 'notice' ? now : null,
    ]),
    `UPDATE events SET type = v.type, employee = v.employee, recorded_at = v.recorded_at, effective_at = v.effective_at, effective_raw = v.effective_raw,
       rank = v.rank, order_value = v.order_value, mode = v.mode, worker = v.worker, rescinds = v.rescinds, traceparent = v.traceparent,
       read_from = v.read_from, read_until = 0, reads = 0,
       state = 'received', reason = NULL, detail = NULL, by_seq = NULL, operation = NULL, archived_at = NULL, replays = events.replays + 1
     FROM v WHERE events.seq = v.seq`,
  )
  await clearFailures(
    sql,
    events.map(({ event }) => event.employeeId),
  )
}
