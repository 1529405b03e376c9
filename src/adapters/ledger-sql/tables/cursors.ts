import { DEFAULT_DESTINATION } from '../../../core/destinations/destination.ts'
import type { Sql } from '../driver/sql.ts'

/**
 * The cursor that says until when intake counts as working through a backlog, for every instance.
 */
export const BACKLOG_UNTIL = 'backlog-until'

/** The name of a cursor that each destination has for itself. */
export function cursorOf(name: string, destination: string): string {
  return destination === DEFAULT_DESTINATION ? name : `${name}:${destination}`
}

/** The condition, in SQL, for the cursors of this name of every destination. */
export function everyCursor(name: string): string {
  return `(name = '${name}' OR name LIKE '${name}:%')`
}

/** The value of a cursor; `null` while it was never set. */
export async function readCursor(sql: Sql, name: string): Promise<number | null> {
  const [row] = await sql.all<{ value: number }>('SELECT value FROM cursors WHERE name = ?', [name])
  return row?.value ?? null
}

export async function setCursor(sql: Sql, name: string, value: number): Promise<void> {
  await sql.run(
    'INSERT INTO cursors (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    [name, value],
  )
}

/** The values of these cursors; one that was never set is left out. */
export async function readCursors(sql: Sql, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await sql.all<{ name: string; value: number }>(
    `SELECT name, value FROM cursors WHERE name IN (${names.map(() => '?').join(', ')})`,
    names,
  )
  return new Map(rows.map(({ name, value }) => [name, value]))
}
