import assert from 'node:assert/strict'
import { constants, DatabaseSync } from 'node:sqlite'
import { it, type TestContext } from 'node:test'
import { openSqlite } from '../../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type { Driver, Sql } from '../../../../src/adapters/ledger-sql/driver/sql.ts'

/** A driver, and how often SQLite has asked, while it compiled a statement, whether a column may be read. */
function watchedDriver(t: TestContext): { readonly driver: Driver; compiled(): number } {
  let [compiled, isWatched] = [0, false]
  const prepare = Reflect.get(DatabaseSync.prototype, 'prepare')
  t.after(() => void (DatabaseSync.prototype.prepare = prepare))
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, text) {
    if (!isWatched)
      this.setAuthorizer((action) => {
        if (action === constants.SQLITE_READ) compiled += 1
        return constants.SQLITE_OK
      })
    isWatched = true
    return prepare.call(this, text)
  }
  const driver = openSqlite(':memory:')
  t.after(() => driver.close())
  return { driver, compiled: () => compiled }
}

void it('SQLite compiles a statement once, however often it runs and whatever its limit is', async (t) => {
  const { driver, compiled } = watchedDriver(t)
  const inOne = <T>(work: (sql: Sql) => Promise<T>): Promise<T> => driver.transaction(work)
  await inOne((sql) => sql.run('CREATE TABLE one (n INTEGER)'))
  await inOne((sql) => sql.run('INSERT INTO one VALUES (1), (2), (3)'))
  const page = (limit: number, offset: number): Promise<unknown[]> =>
    inOne((sql) => sql.all('SELECT n FROM one ORDER BY n LIMIT ? OFFSET ?', [limit, offset]))
  assert.deepEqual(
    await page(1, 1),
    [{ n: 2 }].map((row) => Object.assign(Object.create(null), row)),
  )
  const once = compiled()
  assert.ok(once > 0)
  assert.equal((await page(2, 0)).length, 2)
  assert.equal((await page(9, 1)).length, 2)
  assert.equal(compiled(), once)
})
