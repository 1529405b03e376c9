import type { DueTiming } from '../../../core/ledger/port/intake.ts'
import { type HrEvent, isTermination } from '../../../core/model.ts'
import { type Arrival, eventKey, eventRow } from './event-row.ts'
import { openCases } from '../leavers/open.ts'
import { nameHash } from './name-hash.ts'
import { knownFolded } from '../upkeep/retention.ts'
import { endMismatched } from '../intake/rescind-mismatch.ts'
import { takeBack } from '../intake/resubmit.ts'
import { insertRows, type Sql, type SqlValue } from '../driver/sql.ts'
import { earliest } from '../../../core/plan/decide/resend.ts'

export interface Taken {
  readonly fresh: number
  /** Dead ones that were sent again. */
  readonly replays: number
}

/**
 * Events that are new, into the ledger, and their people due. One that is known, or that comes twice, is taken once, and the first of two counts;
 * one that is dead and was sent again after it died is put back.
 */
export async function insertEvents(
  sql: Sql,
  instance: string,
  arrivals: readonly Arrival[],
  timing: DueTiming,
  aheadMs = 0,
): Promise<Taken> {
  // One event twice in one batch must not reach a multi-row upsert twice.
  const gone = await knownFolded(
    sql,
    arrivals.map(({ event }) => event),
  )
  const named = new Map<string, Arrival>()
  const coming = arrivals.filter(({ event }) => gone.size === 0 || !gone.has(nameHash(event)))
  for (const arrival of coming) {
    const key = eventKey(arrival.event.id, arrival.event.source)
    if (!named.has(key)) named.set(key, arrival)
  }
  const inserted = await insertRows<{ event_id: string; source: string }>(
    sql,
    `events (event_id, source, type, employee, recorded_at, effective_at, effective_raw, rank, order_value, mode, worker, rescinds, traceparent, state, received_at, read_from, original, body)`,
    // In the order of their keys: two instances with the same events would otherwise wait for each other.
    [...named].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, arrival]) => eventRow(arrival, timing.now)),
    'ON CONFLICT (event_id, source) DO NOTHING RETURNING event_id, source',
  )
  const taken: HrEvent[] = []
  for (const row of inserted) {
    const key = eventKey(row.event_id, row.source)
    const arrival = named.get(key)
    named.delete(key)
    if (arrival) taken.push(arrival.event)
  }
  const known = coming.filter(({ event }) => named.has(eventKey(event.id, event.source)))
  const replayed = await takeBack(sql, known, timing.now, aheadMs)
  await markDue(sql, [...taken, ...replayed], timing)
  await openCases(sql, [...taken, ...replayed], timing.now)
  await endMismatched(sql, instance, taken, timing.now)
  return { fresh: taken.length, replays: replayed.length }
}

type Due = Pick<HrEvent, 'employeeId' | 'effectiveAt' | 'worker' | 'rescinds'>

/**
 * An employee is due after some quiet, at the latest after the maximum wait, and at once when an event deactivates or takes another back. A
 * termination that lies ahead makes its employee due at its moment, whatever is unanswered then. A rescind may count before its own
 * moment (for an activation sent early), so its employee is planned at once, and the plan says when next.
 */
export async function markDue(
  sql: Sql,
  events: readonly Due[],
  { now, quietMs, maxWaitMs }: DueTiming,
): Promise<void> {
  const employees = new Map<string, { readonly urgent: boolean; readonly nextAt: number | null }>()
  for (const event of events) {
    const id = event.employeeId.toWellFormed()
    const before = employees.get(id) ?? { urgent: false, nextAt: null }
    const isAhead = event.effectiveAt > now
    employees.set(id, {
      urgent: before.urgent || event.rescinds !== null || (!isAhead && isTermination(event)),
      nextAt: isAhead && isTermination(event) ? earliest(before.nextAt, event.effectiveAt) : before.nextAt,
    })
  }
  // In id order, so that two instances never wait for each other.
  const rows = [...employees]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, { urgent, nextAt }]): SqlValue[] => [id, 1, now, now + quietMs, urgent ? 1 : 0, nextAt])
  await insertRows(
    sql,
    'employees (id, revision, dirty_at, plan_at, urgent, next_at)',
    rows,
    `ON CONFLICT (id) DO UPDATE SET
       revision = employees.revision + 1,
       urgent = CASE WHEN excluded.urgent = 1 THEN 1 ELSE employees.urgent END,
       next_at = CASE WHEN employees.next_at < excluded.next_at THEN employees.next_at ELSE COALESCE(excluded.next_at, employees.next_at) END,
       dirty_at = COALESCE(employees.dirty_at, excluded.dirty_at),
       plan_at = CASE WHEN employees.dirty_at IS NOT NULL AND employees.dirty_at + ${maxWaitMs} < excluded.plan_at
                 THEN employees.dirty_at + ${maxWaitMs} ELSE excluded.plan_at END`,
  )
}
