import { blockByEvents } from '../blocks/by-event.ts'
import { markDue } from '../tables/employees.ts'
import type { DueTiming } from '../../../core/ledger/port/intake.ts'
import type { HrEvent } from '../../../core/model.ts'
import { type Arrival, storedKey, eventRow, originalOf, sealOriginal } from '../tables/event-row.ts'
import { isCollision } from '../../../core/intake/collision.ts'
import { collisionsAmong, collisionsWithFolded } from './collisions.ts'
import { openCases } from '../leavers/open.ts'
import { foldedHash } from '../tables/name-hash.ts'
import { knownFolded } from '../upkeep/retention.ts'
import { endMismatched } from './rescind-mismatch.ts'
import { takeBack } from './resubmit.ts'
import { insertRows, type Sql, type SqlValue } from '../driver/sql.ts'

export interface Taken {
  readonly fresh: number
  /** Dead events that were sent again. */
  readonly replays: number
  /** Arrivals that share source and id with another event; none of them was taken. */
  readonly collisions: readonly Arrival[]
}

/**
 * Inserts new events, and makes their employees due. An event that is known or arrives twice is
 * inserted once; the first arrival counts. A dead event that was sent again after it died is
 * reopened.
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
  const coming = arrivals.filter(({ event }) => gone.size === 0 || !gone.has(foldedHash(sql.sealing, event)))
  for (const arrival of coming) {
    const key = storedKey(arrival.event.id, arrival.event.source)
    if (!named.has(key)) named.set(key, arrival)
  }
  const inserted = await insertRows<{ event_id: string; source: string; seq: number }>(
    sql,
    `events (event_id TEXT, source TEXT, type TEXT, employee TEXT, recorded_at INT, effective_at INT, effective_raw TEXT, rank INT, order_value TEXT, mode TEXT, worker TEXT, rescinds TEXT, traceparent TEXT, state TEXT, received_at INT, read_from INT)`,
    // In the order of their keys: two instances with the same events would otherwise wait for each
    // other.
    [...named]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { event }]) => eventRow(sql.sealing, event, timing.now)),
    'ON CONFLICT (event_id, source) DO NOTHING RETURNING event_id, source, seq',
  )
  const taken = new Map<string, HrEvent>()
  const originals: SqlValue[][] = []
  for (const row of inserted) {
    const key = storedKey(row.event_id, row.source)
    const arrival = named.get(key)
    named.delete(key)
    if (!arrival) continue
    taken.set(key, arrival.event)
    if (arrival.message?.original)
      originals.push([row.seq, ...sealOriginal(sql.sealing, row.seq, originalOf(arrival.message))])
  }
  await insertRows(sql, 'originals (event_seq INT, original TEXT, body TEXT)', originals)
  const known = coming.filter(({ event }) => named.has(storedKey(event.id, event.source)))
  const inOneBatch = coming.filter(({ event }) => {
    const first = taken.get(storedKey(event.id, event.source))
    return first !== undefined && first !== event && isCollision(event, first)
  })
  // What puts a dead letter back may be about another employee than before, and is not a collision.
  const replayed = await takeBack(sql, known, timing.now, aheadMs)
  const collisions = [
    ...collisionsWithFolded(sql, gone, arrivals),
    ...(await collisionsAmong(sql, known)),
    ...inOneBatch,
  ]
  const fresh = [...taken.values()]
  await markDue(sql, [...fresh, ...replayed], timing)
  await blockByEvents(sql, fresh, timing.now)
  await openCases(sql, [...fresh, ...replayed], timing.now)
  await endMismatched(sql, instance, fresh, timing.now)
  return { fresh: fresh.length, replays: replayed.length, collisions }
}
