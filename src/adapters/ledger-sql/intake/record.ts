import type {
  BaselineRows,
  IntakeBatch,
  IntakeMessage,
  RecordResult,
  Refusal,
} from '../../../core/ledger/port/intake.ts'
import type { RefusedLeaver } from '../../../core/ledger/port/leavers.ts'
import { isTermination } from '../../../core/model.ts'
import { raiseNewFindings } from '../findings/findings.ts'
import { openRefusedCases } from '../leavers/open.ts'
import { collisionRefusal } from './collisions.ts'
import type { Arrival } from '../tables/event-row.ts'
import { insertEvents } from './insert-events.ts'
import { BACKLOG_UNTIL, readCursor, setCursor } from '../tables/cursors.ts'
import { mismatches } from './rescind-mismatch.ts'
import { insertRows, type Sql, writeRows } from '../driver/sql.ts'
import { addTotals } from '../tables/totals.ts'

/** One transaction: messages, their events, and the employees who are now due. */
export async function record(sql: Sql, instance: string, batch: IntakeBatch): Promise<RecordResult> {
  const { now } = batch
  // A rescind and what it names must not pass each other unseen.
  await sql.lock(
    'intake',
    batch.messages.some(({ events }) => events.some(({ rescinds }) => rescinds !== null))
      ? undefined
      : 'shared',
  )
  const refused = new Map(await mismatches(sql, batch.messages))
  const messages = batch.messages.map((message, place): IntakeMessage => {
    const refusal = refused.get(place)
    return refusal ? { ...message, events: [], rejected: refusal.code } : message
  })
  const fresh = await insertRows<{ entity: string; enqueued_at: number; sequence: string }>(
    sql,
    'messages (entity TEXT, enqueued_at INT, sequence TEXT, events INT, rejected TEXT, received_at INT, copy_id TEXT)',
    messages
      .map(
        (message) =>
          [
            message.entity,
            message.enqueuedAt,
            message.sequence,
            message.events.length,
            message.rejected,
            now,
            message.copyId ?? null,
          ] as const,
      )
      .sort((a, b) => order(a[2], b[2]) || a[1] - b[1] || order(a[0], b[0])),
    'ON CONFLICT DO NOTHING RETURNING entity, enqueued_at, sequence',
  )
  // Each is taken out when it is met, so that a message delivered twice within one batch counts
  // once.
  const unseen = new Set(fresh.map((row) => messageKey(row.entity, row.enqueued_at, row.sequence)))
  const arrivals: Arrival[] = []
  let occurrences = 0
  let rejected = 0
  for (const message of messages) {
    const first = unseen.delete(messageKey(message.entity, message.enqueuedAt, message.sequence))
    if (first && message.rejected !== null) rejected += 1
    if (first) occurrences += message.events.length
    for (const event of message.events) arrivals.push({ event, message, first })
  }
  const taken = await insertEvents(sql, instance, arrivals, batch, batch.aheadMs ?? 0)
  const collisions = taken.collisions.filter(({ first }) => first)
  rejected += await markRejected(sql, collisions)
  const places = new Map(messages.map((message, place) => [message, place]))
  for (const { message } of taken.collisions) {
    const place = message === null ? undefined : places.get(message)
    if (place !== undefined) refused.set(place, collisionRefusal(place))
  }
  await openRefusedCases(sql, refusedLeavers(batch.messages, refused, taken.collisions), now)
  await raiseNewFindings(
    sql,
    [...messages.flatMap(({ findings = [] }) => findings), ...(batch.findings ?? [])],
    now,
  )
  if (batch.backlog && !(await saidAlready(sql, now + batch.quietMs, batch.quietMs)))
    await setCursor(sql, BACKLOG_UNTIL, now + batch.quietMs)

  // A redelivered message is not counted again: it was counted when it was committed.
  const duplicates = Math.max(0, occurrences - taken.fresh - taken.replays - collisions.length)
  addTotals(sql, instance, {
    messages: fresh.length,
    decoded: fresh.length - rejected,
    rejected,
    redelivered: messages.length - fresh.length,
    events: taken.fresh,
    duplicates,
    replays: taken.replays,
    collisions: collisions.length,
  })
  const result = {
    fresh: taken.fresh,
    duplicates,
    replays: taken.replays,
    redelivered: messages.length - fresh.length,
    rejected,
  }
  return refused.size === 0 ? result : { ...result, refused: [...refused.values()] }
}

/**
 * Marks messages as rejected that could be decoded and hold an event with the id of another.
 * Returns how many.
 */
async function markRejected(sql: Sql, collisions: readonly Arrival[]): Promise<number> {
  const messages = new Set(collisions.flatMap(({ message }) => message ?? []))
  await writeRows(
    sql,
    ['entity TEXT', 'enqueued_at INT', 'sequence TEXT', 'code TEXT'],
    [...messages].map(({ entity, enqueuedAt, sequence }) => [
      entity,
      enqueuedAt,
      sequence,
      collisionRefusal(0).code,
    ]),
    `UPDATE messages SET rejected = v.code FROM v
     WHERE messages.entity = v.entity AND messages.enqueued_at = v.enqueued_at AND messages.sequence = v.sequence`,
  )
  return messages.size
}

/**
 * The leavings of messages that are refused: read by intake, and those of events that only the
 * ledger refuses.
 */
function refusedLeavers(
  messages: readonly IntakeMessage[],
  refused: ReadonlyMap<number, Refusal>,
  collisions: readonly Arrival[],
): readonly RefusedLeaver[] {
  const mismatched = [...refused].flatMap(([place, { code }]) =>
    code === 'EventCollision' ? [] : (messages[place]?.events ?? []),
  )
  return [
    ...messages.flatMap(({ leavers = [] }) => leavers),
    ...[...mismatched, ...collisions.map(({ event }) => event)].filter(isTermination),
  ]
}

/** Everybody who takes in would otherwise wait for this one row. */
async function saidAlready(sql: Sql, until: number, quietMs: number): Promise<boolean> {
  const said = await readCursor(sql, BACKLOG_UNTIL)
  return said !== null && said > until - quietMs / 10
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const messageKey = (entity: string, enqueuedAt: number, sequence: string): string =>
  `${sequence}\n${enqueuedAt}\n${entity}`

export async function importBaseline(
  sql: Sql,
  instance: string,
  rows: BaselineRows,
): Promise<{ fresh: number; known: number }> {
  await sql.lock('intake', rows.events.some(({ rescinds }) => rescinds !== null) ? undefined : 'shared')
  const arrivals = rows.events.map((event): Arrival => ({ event, message: null, first: true }))
  const { fresh } = await insertEvents(sql, instance, arrivals, rows)
  addTotals(sql, instance, { imported: fresh })
  return { fresh, known: rows.events.length - fresh }
}
