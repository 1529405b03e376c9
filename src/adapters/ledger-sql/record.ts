import type { IntakeBatch, RecordResult, Totals } from '../../core/ledger/port.ts'
import { TOTALS } from '../../core/ledger/port.ts'
import type { HrEvent } from '../../core/model.ts'
import { saysLeaver } from '../../core/model.ts'
import { BACKLOG_UNTIL } from './people.ts'
import { insertRows, type Sql, type SqlValue } from './sql.ts'

/** One transaction: messages, their events, and the people who are now due. */
export async function record(sql: Sql, instance: string, batch: IntakeBatch): Promise<RecordResult> {
  const { messages, now } = batch
  const fresh = await insertRows<{ entity: string; enqueued_at: number; sequence: string }>(
    sql,
    'messages (entity, enqueued_at, sequence, events, rejected, received_at)',
    messages.map((message) => [message.entity, message.enqueuedAt, message.sequence, message.events.length, message.rejected, now]),
    'ON CONFLICT DO NOTHING RETURNING entity, enqueued_at, sequence',
  )
  // Each is taken out when it is met, so that a message delivered twice within one batch counts once.
  const unseen = new Set(fresh.map((row) => messageKey(row.entity, row.enqueued_at, row.sequence)))

  // One event twice in one batch must not reach a multi-row upsert twice.
  const named = new Map<string, HrEvent>()
  let occurrences = 0
  let rejected = 0
  for (const message of messages) {
    const first = unseen.delete(messageKey(message.entity, message.enqueuedAt, message.sequence))
    if (first && message.rejected !== null) rejected += 1
    for (const event of message.events) {
      if (first) occurrences += 1
      const key = eventKey(event.id, event.source)
      if (!named.has(key)) named.set(key, event)
    }
  }
  const inserted = await insertRows<{ event_id: string; source: string }>(
    sql,
    `events (event_id, source, type, employee, recorded_at, effective_at, effective_raw, rank, order_value, mode, worker, rescinds, traceparent, state, received_at)`,
    [...named.values()].map((event) => eventRow(event, now)),
    'ON CONFLICT (event_id, source) DO NOTHING RETURNING event_id, source',
  )
  const taken = inserted.flatMap((row) => named.get(eventKey(row.event_id, row.source)) ?? [])
  await markDue(sql, taken, batch)
  if (batch.backlog)
    await sql.run('INSERT INTO cursors (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value', [
      BACKLOG_UNTIL,
      now + batch.quietMs,
    ])

  // A redelivered message counts nowhere, whatever became of its events: it was counted when it was committed.
  const duplicates = Math.max(0, occurrences - taken.length)
  await addTotals(sql, instance, {
    messages: fresh.length,
    decoded: fresh.length - rejected,
    rejected,
    redelivered: messages.length - fresh.length,
    events: taken.length,
    duplicates,
  })
  return { fresh: taken.length, duplicates, redelivered: messages.length - fresh.length, rejected }
}

const messageKey = (entity: string, enqueuedAt: number, sequence: string): string => `${sequence}\n${enqueuedAt}\n${entity}`
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
  ]
}

/** A person is due after some quiet, at the latest after the maximum wait, and at once when an event puts it out. */
async function markDue(sql: Sql, events: readonly HrEvent[], { now, quietMs, maxWaitMs }: IntakeBatch): Promise<void> {
  const urgent = new Map<string, boolean>()
  for (const event of events) {
    const id = event.employee.toWellFormed()
    urgent.set(id, (urgent.get(id) ?? false) || (saysLeaver(event) && event.effectiveAt <= now))
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

/** Running totals are rows of one instance each, so that instances do not queue for one row. */
export async function addTotals(sql: Sql, instance: string, added: Partial<Totals>): Promise<void> {
  const counts = TOTALS.map((name) => added[name] ?? 0)
  if (counts.every((count) => count === 0)) return
  await sql.run(
    `INSERT INTO books (instance, ${TOTALS.join(', ')}) VALUES (?, ${TOTALS.map(() => '?').join(', ')})
     ON CONFLICT (instance) DO UPDATE SET ${TOTALS.map((name) => `${name} = books.${name} + excluded.${name}`).join(', ')}`,
    [instance, ...counts],
  )
}
