import { DatabaseSync } from 'node:sqlite'

/**
 * Writes a copy of a SQLite ledger to an empty file, even while a connector writes to the ledger.
 * The copy has what was committed when it began, and nothing that was deleted
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
