import { DatabaseSync } from 'node:sqlite'

/**
 * Writes a copy of a SQLite ledger to an empty file, while a connector may write to it: the copy is
 * what was committed when it began. What was deleted is not in it
 * (https://www.sqlite.org/lang_vacuum.html#vacuuminto).
 */
export function copyFile(from: string, to: string): void {
  const database = new DatabaseSync(from, { readOnly: true })
  try {
    database.prepare('VACUUM INTO ?').run(to)
  } finally {
    database.close()
  }
}
