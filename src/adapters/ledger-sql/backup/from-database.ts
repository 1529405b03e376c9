import { copyWhole, counterOf, tablesOf } from '../copy-tables.ts'
import type { Driver } from '../driver/sql.ts'
import { migrate } from '../schema.ts'

/**
 * Copies a PostgreSQL ledger into an empty SQLite file, while instances may run on it: all of it is
 * one transaction that sees the ledger as it was when it began. Every row is read back and
 * compared. Throws `MoveFailed` when one differs from what was written.
 */
export async function copyDatabase(
  from: Driver,
  to: Driver,
  now: number,
  onRows: (rows: number) => void,
): Promise<void> {
  await migrate(to, now)
  const tables = await to.transaction(tablesOf)
  await from.transaction(async (source) => {
    const frozen: Driver = { ...from, transaction: (work) => work(source) }
    await to.transaction(async (target) => {
      let before = 0
      for (const table of tables)
        before += await copyWhole(frozen, target, table, (rows) => onRows(before + rows))
      for (const { name } of await target.all<{ name: string }>('SELECT name FROM sqlite_sequence'))
        await target.run('DELETE FROM sqlite_sequence WHERE name = ?', [name])
      for (const { name } of tables) {
        const [counter] = await source.all<{ seq: number | null }>(
          'SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(?, ?) AS regclass)) AS seq',
          [name, counterOf(tables, name)],
        )
        // A number is never used twice, even when its row is gone.
        if (counter?.seq != null)
          await target.run('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)', [name, counter.seq])
      }
    })
  }, 'read')
}
