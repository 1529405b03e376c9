import { DEFAULT_DESTINATION } from '../../../core/destinations/destination.ts'
import type { Sql } from '../driver/sql.ts'
import { cursorOf, everyCursor, readCursor } from '../tables/cursors.ts'

/** The cursor that says up to which instant the log was read. */
export const WATERMARK = 'provisioning-log'
const WATERMARKS = everyCursor(WATERMARK)

/** Moves the watermarks of every destination back to `at` where they are later. */
export async function rewindWatermarks(sql: Sql, at: number): Promise<void> {
  await sql.run(`UPDATE cursors SET value = ? WHERE ${WATERMARKS} AND value > ?`, [at, at])
}

export function watermark(sql: Sql, destination: string): Promise<number | null> {
  return readCursor(sql, cursorOf(WATERMARK, destination))
}

/** The destinations whose log was read. */
export async function readWatermarks(sql: Sql): Promise<readonly string[]> {
  const rows = await sql.all<{ name: string }>(`SELECT name FROM cursors WHERE ${WATERMARKS}`)
  return rows.map(({ name }) => name.slice(WATERMARK.length + 1) || DEFAULT_DESTINATION)
}

/** Up to when every log was read that was read at all; `null` when none was. */
export async function earliestWatermark(sql: Sql): Promise<number | null> {
  const [row] = await sql.all<{ at: number | null }>(
    `SELECT MIN(value) AS at FROM cursors WHERE ${WATERMARKS}`,
  )
  return row?.at ?? null
}
