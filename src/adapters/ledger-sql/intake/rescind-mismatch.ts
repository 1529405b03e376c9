import { eventKey } from '../../../core/plan/fold/event.ts'
import type { IntakeMessage, Refusal } from '../../../core/ledger/port/intake.ts'
import type { EventName, HrEvent } from '../../../core/model.ts'
import { EVENT_REASONS } from '../../../core/ledger/event-reason.ts'
import { finishEvents } from '../tables/events.ts'
import { planAgain, lockEmployees } from '../tables/employees.ts'
import { type Sql, readRows } from '../driver/sql.ts'

const DESCRIPTION =
  "data.rescinds names an event of another employee; a rescind's subject is the subject of what it cancels"

/**
 * Messages whose rescind names an event of another employee, by their place in the batch. A rescind
 * that is in the ledger already is not checked again: the ledger has its result.
 */
export async function mismatches(
  sql: Sql,
  messages: readonly IntakeMessage[],
): Promise<ReadonlyMap<number, Refusal>> {
  const refused = new Map<number, Refusal>()
  const rescinds = messages.flatMap(({ events }, message) =>
    events.flatMap((event) => (event.rescinds ? [{ message, event, target: event.rescinds }] : [])),
  )
  if (rescinds.length === 0) return refused
  const owners = await ownersOf(
    sql,
    rescinds.flatMap(({ event, target }) => [event, target]),
  )
  const known = new Set(owners.keys())
  for (const event of messages.flatMap(({ events }) => events))
    if (!owners.has(eventKey(event))) owners.set(eventKey(event), event.employeeId)
  for (const { message, event, target } of rescinds) {
    const owner = owners.get(eventKey(target))
    if (owner === undefined || owner === event.employeeId || known.has(eventKey(event))) continue
    refused.set(message, {
      message,
      code: EVENT_REASONS.rescindMismatch,
      field: 'data.rescinds',
      description: DESCRIPTION,
    })
  }
  return refused
}

/** The events among these that rescind an event of another employee. */
export async function namingOthers(sql: Sql, events: readonly HrEvent[]): Promise<ReadonlySet<HrEvent>> {
  const owners = await ownersOf(
    sql,
    events.flatMap(({ rescinds }) => rescinds ?? []),
  )
  return new Set(
    events.filter(({ rescinds, employeeId: employee }) => {
      const owner = rescinds && owners.get(eventKey(rescinds))
      return typeof owner === 'string' && owner !== employee.toWellFormed()
    }),
  )
}

/**
 * Rescinds that waited for one of these events, which now proves to be another employee's. They end
 * as dead letters and have no effect.
 */
export async function endMismatched(
  sql: Sql,
  instance: string,
  arrived: readonly HrEvent[],
  now: number,
): Promise<void> {
  if ((await sql.all('SELECT 1 AS one FROM events WHERE rescinds IS NOT NULL LIMIT 1')).length === 0) return
  const waiting = await readRows<{ seq: number; employee: string; operation: number | null }>(
    sql,
    ['name TEXT', 'employee TEXT'],
    arrived.map((event) => [rescindText(event), event.employeeId]),
    `SELECT e.seq, e.employee, e.operation FROM v JOIN events e ON e.rescinds = v.name WHERE e.employee <> v.employee AND e.state <> 'dead-lettered'`,
  )
  if (waiting.length === 0) return
  await lockEmployees(sql, waiting)
  await finishEvents(
    sql,
    instance,
    waiting.map((event) => ({
      ...event,
      state: 'dead-lettered',
      reason: EVENT_REASONS.rescindMismatch,
      detail: null,
      by: null,
    })),
    now,
  )
  await planAgain(sql, waiting, now)
}

/** A target's name as the ledger keeps it. */
function rescindText({ source, id }: EventName): string {
  return JSON.stringify({ source, id })
}

async function ownersOf(sql: Sql, names: readonly EventName[]): Promise<Map<string, string>> {
  const rows = await readRows<{ source: string; event_id: string; employee: string }>(
    sql,
    ['source TEXT', 'id TEXT'],
    names.map(({ source, id }) => [source, id]),
    'SELECT e.source, e.event_id, e.employee FROM v JOIN events e ON e.event_id = v.id AND e.source = v.source',
  )
  return new Map(rows.map((row) => [eventKey({ source: row.source, id: row.event_id }), row.employee]))
}
