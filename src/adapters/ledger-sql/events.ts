import type { DueTiming } from '../../core/ledger/port.ts'
import { type HrEvent, saysLeaver } from '../../core/model.ts'
import { knownFolded, nameHash } from './retention.ts'
import { endMismatched } from './rescind-mismatch.ts'
import { insertRows, type Sql, type SqlValue } from './sql.ts'

/**
 * Events that are new, into the ledger, and their people due. Answers how many were new: one that is known, or that comes twice, is taken once,
 * and the first of two counts.
 */
export async function insertEvents(sql: Sql, instance: string, events: readonly HrEvent[], timing: DueTiming): Promise<number> {
  // One event twice in one batch must not reach a multi-row upsert twice.
  const gone = await knownFolded(sql, events)
  const named = new Map<string, HrEvent>()
  for (const event of events) {
    const key = eventKey(event.id, event.source)
    if (!named.has(key) && (gone.size === 0 || !gone.has(nameHash(event)))) named.set(key, event)
  }
  const inserted = await insertRows<{ event_id: string; source: string }>(
    sql,
    `events (event_id, source, type, employee, recorded_at, effective_at, effective_raw, rank, order_value, mode, worker, rescinds, traceparent, state, received_at, read_from)`,
    // In the order of their keys: two instances with the same events would otherwise wait for each other.
    [...named].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, event]) => eventRow(event, timing.now)),
    'ON CONFLICT (event_id, source) DO NOTHING RETURNING event_id, source',
  )
  const taken = inserted.flatMap((row) => named.get(eventKey(row.event_id, row.source)) ?? [])
  await markDue(sql, taken, timing)
  await endMismatched(sql, instance, taken, timing.now)
  return taken.length
}

/** As the database gives it back: in UTF-8 a lone surrogate becomes a replacement character. */
const eventKey = (id: string, source: string): string => `${id}\n${source}`.toWellFormed()

function eventRow(event: HrEvent, now: number): SqlValue[] {
  return [
    event.id,
    event.source,
    event.type,
    event.employee,
    event.recordedAt,
    event.effectiveAt,
    event.effectiveRaw,
    event.rank,
    event.order === null ? null : JSON.stringify(event.order),
    event.mode,
    JSON.stringify(event.worker),
    event.rescinds && JSON.stringify(event.rescinds),
    event.traceparent,
    'received',
    now,
    event.mode === 'notice' ? now : null,
  ]
}

/** A person is due after some quiet, at the latest after the maximum wait, and at once when an event puts it out or takes another back. */
async function markDue(sql: Sql, events: readonly HrEvent[], { now, quietMs, maxWaitMs }: DueTiming): Promise<void> {
  const urgent = new Map<string, boolean>()
  for (const event of events) {
    const id = event.employee.toWellFormed()
    urgent.set(id, (urgent.get(id) ?? false) || (event.effectiveAt <= now && (saysLeaver(event) || event.rescinds !== null)))
  }
  // In id order, so that two instances never wait for each other.
  const rows = [...urgent]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, leaver]): SqlValue[] => [id, 1, now, now + quietMs, leaver ? 1 : 0])
  await insertRows(
    sql,
    'employees (id, revision, dirty_at, plan_at, urgent)',
    rows,
    `ON CONFLICT (id) DO UPDATE SET
       revision = employees.revision + 1,
       urgent = CASE WHEN excluded.urgent = 1 THEN 1 ELSE employees.urgent END,
       dirty_at = COALESCE(employees.dirty_at, excluded.dirty_at),
       plan_at = CASE WHEN employees.dirty_at IS NOT NULL AND employees.dirty_at + ${maxWaitMs} < excluded.plan_at
                 THEN employees.dirty_at + ${maxWaitMs} ELSE excluded.plan_at END`,
  )
}
