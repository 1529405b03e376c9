import assert from 'node:assert/strict'
import { test } from 'node:test'
import { insertRows } from '../../../../src/adapters/ledger-sql/driver/sql.ts'
import { openSqlite } from '../../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { migrate } from '../../../../src/adapters/ledger-sql/schema.ts'
import { foldedHash, ownerHash } from '../../../../src/adapters/ledger-sql/tables/name-hash.ts'

const IDS = 20_000
const MOST_BYTES = 75

void test('what retention keeps for good takes at most 75 bytes of the file an event', async (t) => {
  const driver = openSqlite(':memory:')
  t.after(() => driver.close())
  await migrate(driver, 0)
  const rows = Array.from({ length: IDS }, (_, index) => ({ source: 'urn:hr', id: `event-${index}` }))
  const size = await driver.transaction(async (sql) => {
    await insertRows(
      sql,
      'folded_ids (hash TEXT, owner TEXT)',
      rows.map((name) => [foldedHash(sql.sealing, name), ownerHash(sql.sealing, name, 'p1')]),
    )
    const pages = await sql.all<{ bytes: number }>(
      "SELECT SUM(pgsize) AS bytes FROM dbstat WHERE name LIKE '%folded_ids%'",
    )
    return pages[0]?.bytes ?? Infinity
  })
  t.diagnostic(`${(size / IDS).toFixed(0)} bytes an event`)
  assert.ok(size / IDS <= MOST_BYTES, `${size / IDS}`)
})
