import { DatabaseSync } from 'node:sqlite'

/**
 * What is wrong with a SQLite file: damaged pages, indexes that do not match their table, rows that
 * refer to missing rows.
 */
export function faultsOf(path: string): readonly string[] {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const pages = database.prepare('PRAGMA integrity_check(20)').all()
    const keys = database.prepare('PRAGMA foreign_key_check').all()
    return [
      ...pages.flatMap(({ integrity_check: found }) => (found === 'ok' ? [] : [String(found)])),
      ...keys
        .slice(0, 20)
        .map(
          ({ table, parent }) =>
            `a row of ${String(table)} names a row of ${String(parent)} that is not there`,
        ),
    ]
  } finally {
    database.close()
  }
}
