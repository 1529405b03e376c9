import { type HrEvent, type JsonObject, saysLeaver } from '../../core/model.ts'
import { type Arrival, contentOf, eventKey } from './event-row.ts'
import { parse } from './json.ts'
import { lockPeople } from './lock-people.ts'
import { type Sql, withRows } from './sql.ts'

/** An event that dies and is sent again for ever would never be seen by anybody; after this often it takes a replay by hand. */
const MOST_RESUBMISSIONS = 3

/**
 * Events that died and were put on the bus again after that, by whatever tool: they are looked at afresh, with what they say now. What was merely
 * delivered late or twice is not among them. One that put its person out and no longer says so stays dead: that takes somebody's word.
 */
export async function takeBack(sql: Sql, arrivals: readonly Arrival[], now: number): Promise<readonly HrEvent[]> {
  const again = arrivals.filter(({ message, first }) => message !== null && first)
  if (again.length === 0) return []
  const dead = await withRows<{ seq: number; event_id: string; source: string; employee: string; worker: string }>(
    sql,
    ['id TEXT', 'source TEXT', 'enqueued_at INT'],
    again.map(({ event, message }) => [event.id, event.source, message?.enqueuedAt ?? 0]),
    `SELECT e.seq, e.event_id, e.source, e.employee, e.worker FROM v JOIN events e ON e.event_id = v.id AND e.source = v.source
     WHERE e.state = 'dead-lettered' AND e.finished_at < v.enqueued_at AND e.replays < ${MOST_RESUBMISSIONS}`,
  )
  if (dead.length === 0) return []
  await lockPeople(sql, [...arrivals.map(({ event }) => event.employee), ...dead.map(({ employee }) => employee)])
  const byKey = new Map(again.map((arrival) => [eventKey(arrival.event.id, arrival.event.source), arrival]))
  const back = dead.flatMap((row) => {
    const arrival = byKey.get(eventKey(row.event_id, row.source))
    if (!arrival) return []
    const { event } = arrival
    const putsOut = saysLeaver({ worker: parse<JsonObject>(row.worker) })
    return putsOut && !(saysLeaver(event) && event.employee.toWellFormed() === row.employee) ? [] : [{ ...row, event }]
  })
  await rewrite(
    sql,
    back.map(({ seq, event }) => ({ seq, event })),
    now,
  )
  return back.map(({ event }) => event)
}

/** Puts events back with what they say now; their next outcome is the next revision. */
export async function rewrite(sql: Sql, events: readonly { readonly seq: number; readonly event: HrEvent }[], now: number): Promise<void> {
  await withRows(
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
    events.map(({ seq, event }) => [seq, event.type, event.employee, ...contentOf(event), event.mode === 'notice' ? now : null]),
    `UPDATE events SET type = v.type, employee = v.employee, recorded_at = v.recorded_at, effective_at = v.effective_at, effective_raw = v.effective_raw,
       rank = v.rank, order_value = v.order_value, mode = v.mode, worker = v.worker, rescinds = v.rescinds, traceparent = v.traceparent,
       read_from = v.read_from, read_until = 0, reads = 0,
       state = 'received', reason = NULL, detail = NULL, by_seq = NULL, operation = NULL, archived_at = NULL, replays = events.replays + 1
     FROM v WHERE events.seq = v.seq`,
  )
  await giveAnotherChance(
    sql,
    events.map(({ event }) => event.employee),
  )
}

/** What failed for good may be sent again: somebody put it back. */
export async function giveAnotherChance(sql: Sql, employees: readonly string[]): Promise<void> {
  await withRows(
    sql,
    ['id TEXT'],
    [...new Set(employees)].sort().map((id) => [id]),
    'UPDATE employees SET failed_hash = NULL, failed_operation = NULL, failures = 0 FROM v WHERE employees.id = v.id',
  )
}
