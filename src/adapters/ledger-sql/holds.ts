import type { Hold } from '../../core/ledger/port.ts'
import type { Sql } from './sql.ts'

/**
 * What keeps everybody from sending now. With `probeMs` the caller is about to send: where a hold has just run out but nothing was accepted
 * since, the caller becomes the one that tries, and everybody else waits for its answer that long.
 */
export async function activeHold(sql: Sql, now: number, probeMs?: number): Promise<Hold | null> {
  const holds = await sql.all<Hold>('SELECT name, since, until, status, detail FROM holds ORDER BY until DESC')
  const active = holds.find((hold) => hold.until > now)
  if (active) return active
  const over = holds.find((hold) => hold.name !== 'job')
  if (over && probeMs !== undefined) await sql.run('UPDATE holds SET until = ? WHERE name = ?', [now + probeMs, over.name])
  return null
}

/** Sets a hold, keeping since when it has been there, or lifts it when its end is not after its beginning. */
export async function setHold(sql: Sql, hold: Hold): Promise<void> {
  if (hold.until <= hold.since) {
    await sql.run('DELETE FROM holds WHERE name = ?', [hold.name])
    return
  }
  await sql.run(
    `INSERT INTO holds (name, since, until, status, detail) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET until = excluded.until, status = excluded.status, detail = excluded.detail`,
    [hold.name, hold.since, hold.until, hold.status, hold.detail],
  )
}

/** The service took something: whatever held us back is over, but for the job's own state. */
export async function liftHolds(sql: Sql): Promise<void> {
  await sql.run(`DELETE FROM holds WHERE name <> 'job'`)
}
