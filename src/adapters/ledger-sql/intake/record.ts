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
  // A rescind and the event that it names must not be committed at the same time.
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
  const newMessages = await insertMessages(sql, messages, now)
  const arrived = countArrivals(messages, newMessages)
  const taken = await insertEvents(sql, instance, arrived.arrivals, batch, batch.aheadMs ?? 0)
  const collisions = taken.collisions.filter(({ first }) => first)
  const rejected = arrived.rejected + (await markRejected(sql, collisions))
  for (const place of placesOf(taken.collisions, messages)) refused.set(place, collisionRefusal(place))
  await openRefusedCases(sql, refusedLeavers(batch.messages, refused, taken.collisions), now)
  await raiseNewFindings(
    sql,
    [...messages.flatMap(({ findings = [] }) => findings), ...(batch.findings ?? [])],
    now,
  )
  if (batch.backlog && !(await saidAlready(sql, now + batch.quietMs, batch.quietMs)))
    await setCursor(sql, BACKLOG_UNTIL, now + batch.quietMs)

  const { fresh, replays } = taken
  // A redelivered message is not counted again: it was counted when it was committed.
  const duplicates = Math.max(0, arrived.occurrences - fresh - replays - collisions.length)
  const redelivered = messages.length - newMessages.size
  addTotals(sql, instance, {
    messages: newMessages.size,
    decoded: newMessages.size - rejected,
    rejected,
    redelivered,
    events: fresh,
    duplicates,
    replays,
    collisions: collisions.length,
  })
  const result = { fresh, duplicates, replays, redelivered, rejected }
  return refused.size === 0 ? result : { ...result, refused: [...refused.values()] }
}

/** Inserts the messages that the ledger does not know yet, and returns their keys. */
async function insertMessages(
  sql: Sql,
  messages: readonly IntakeMessage[],
  now: number,
): Promise<ReadonlySet<string>> {
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
  return new Set(fresh.map((row) => messageKey(row.entity, row.enqueued_at, row.sequence)))
}

/** The events of all messages, and what the messages that are here for the first time count as. */
function countArrivals(
  messages: readonly IntakeMessage[],
  fresh: ReadonlySet<string>,
): { readonly arrivals: readonly Arrival[]; readonly occurrences: number; readonly rejected: number } {
  // Each is taken out when it is met, so that a message delivered twice within one batch counts
  // once.
  const unseen = new Set(fresh)
  const arrivals: Arrival[] = []
  let occurrences = 0
  let rejected = 0
  for (const message of messages) {
    const first = unseen.delete(messageKey(message.entity, message.enqueuedAt, message.sequence))
    if (first && message.rejected !== null) rejected += 1
    if (first) occurrences += message.events.length
    for (const event of message.events) arrivals.push({ event, message, first })
  }
  return { arrivals, occurrences, rejected }
}

/** The places in the batch of the messages that these arrivals came in. */
function placesOf(arrivals: readonly Arrival[], messages: readonly IntakeMessage[]): readonly number[] {
  const places = new Map(messages.map((message, place) => [message, place]))
  return arrivals.flatMap(({ message }) => (message === null ? [] : (places.get(message) ?? [])))
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

/** Avoids a write that all instances of intake would wait for. */
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
