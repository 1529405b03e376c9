import type { Hold, HoldName } from '../../../core/ledger/port/submit.ts'
import { stretchedUntil } from '../../../core/provision/hold.ts'
import type { Sql } from '../driver/sql.ts'
import { cursorOf, readCursor, setCursor } from '../tables/cursors.ts'

/** The name in a hold's detail of the batch that tries. */
const probeOf = (batch: number): string => `tried by batch-${batch}`

/** The destination of a hold that stops every destination. */
export const EVERYWHERE = ''
const HOLDS_OF = `SELECT name, since, until, status, detail FROM holds WHERE destination IN (?, '${EVERYWHERE}')`

/** Every hold of a destination, oldest first, including those that have run out. */
export function allHolds(sql: Sql, destination: string): Promise<Hold[]> {
  return sql.all<Hold>(`${HOLDS_OF} ORDER BY since`, [destination])
}

/**
 * The hold of the job ends when no instance renews it; the others end with the next accepted batch.
 */
export function holdsInForce(sql: Sql, destination: string, now: number): Promise<Hold[]> {
  return sql.all<Hold>(`${HOLDS_OF} AND (name <> 'job' OR until > ?) ORDER BY since`, [destination, now])
}

/** The hold that stops every batch of a destination now, except the one that tries. */
export async function activeHold(
  sql: Sql,
  destination: string,
  now: number,
  batch?: number,
): Promise<Hold | null> {
  const holds = await sql.all<Hold>(`${HOLDS_OF} ORDER BY until DESC`, [destination])
  return (
    holds.find((hold) => hold.until > now && (batch === undefined || hold.detail !== probeOf(batch))) ?? null
  )
}

/**
 * Called before the batch is sent. Where a hold has run out but nothing was accepted since, this
 * batch becomes the one that tries, and all others wait for its answer until then.
 */
export async function tryHolds(
  sql: Sql,
  destination: string,
  batch: number,
  { now, until }: { readonly now: number; readonly until: number },
): Promise<void> {
  await sql.run(
    `UPDATE holds SET until = ?, noted_at = ?, detail = ? WHERE destination = ? AND name <> 'job' AND (until <= ? OR detail = ?)`,
    [until, now, probeOf(batch), destination, now, probeOf(batch)],
  )
}

/**
 * The batch that tried got an answer that does not lift the hold; another try follows at this time.
 */
export async function endTry(sql: Sql, batch: number, until: number, now: number): Promise<void> {
  await sql.run('UPDATE holds SET until = ?, noted_at = ?, detail = NULL WHERE detail = ?', [
    until,
    now,
    probeOf(batch),
  ])
}

/** The cursor that says when the job was last seen stopped. */
export const JOB_STOPPED = 'job-stopped'
/** The cursor that says when the state of the job was last seen. */
export const JOB_SEEN = 'job-seen'

/** 0 when the job was never seen stopped. */
export async function jobStoppedAt(sql: Sql, destination: string): Promise<number> {
  return (await readCursor(sql, cursorOf(JOB_STOPPED, destination))) ?? 0
}

/**
 * Sets a hold, and keeps the time since when it has been in force. Lifts it when its end is not
 * after its beginning.
 */
export async function setHold(sql: Sql, destination: string, hold: Hold): Promise<void> {
  if (hold.name === 'job') await setCursor(sql, cursorOf(JOB_SEEN, destination), hold.since)
  if (hold.until <= hold.since) {
    await sql.run('DELETE FROM holds WHERE destination = ? AND name = ?', [destination, hold.name])
    return
  }
  if (hold.name === 'job') await setCursor(sql, cursorOf(JOB_STOPPED, destination), hold.since)
  await sql.run(
    `INSERT INTO holds (destination, name, since, until, noted_at, status, detail) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (destination, name) DO UPDATE SET until = excluded.until, noted_at = excluded.noted_at, status = excluded.status, detail = excluded.detail`,
    [destination, hold.name, hold.since, hold.until, hold.since, hold.status, hold.detail],
  )
}

/**
 * Lengthens a hold that is there, also one that has run out and is being tried: the answer to that
 * try no longer shortens it.
 */
export async function extendHold(
  sql: Sql,
  destination: string,
  name: HoldName,
  { until, now }: { readonly until: number; readonly now: number },
): Promise<boolean> {
  const extended = await sql.all<{ name: string }>(
    'UPDATE holds SET until = ?, noted_at = ?, detail = NULL WHERE destination = ? AND name = ? AND until < ? RETURNING name',
    [until, now, destination, name, until],
  )
  return extended.length > 0
}

/** Until when an answer holds submission; a hold of that name may exist already. */
export async function heldUntil(
  sql: Sql,
  destination: string,
  name: HoldName,
  { until, now }: { readonly until: number; readonly now: number },
): Promise<number> {
  const [before] = await sql.all<{ since: number; until: number; detail: string | null }>(
    'SELECT since, until, detail FROM holds WHERE destination = ? AND name = ?',
    [destination, name],
  )
  const stretched = stretchedUntil(until, before?.since ?? null, now)
  // It may have been lengthened while the call was under way.
  return name === 'full' && before?.detail === null ? Math.max(stretched, before.until) : stretched
}

/**
 * The service accepted a request, or examined it: every hold is over, except that for the state of
 * the job.
 */
export async function liftHolds(sql: Sql, destination: string): Promise<void> {
  await sql.run(`DELETE FROM holds WHERE destination = ? AND name <> 'job'`, [destination])
}

/** Since when nothing is planned or sent, because the ledger is older than the directory. */
export async function olderSince(sql: Sql): Promise<number | null> {
  const [row] = await sql.all<{ since: number }>(`SELECT since FROM holds WHERE name = 'restored'`)
  return row?.since ?? null
}
