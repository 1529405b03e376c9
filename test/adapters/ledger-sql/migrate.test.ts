import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { openPostgresLedger } from '../../../src/adapters/ledger-sql/driver/postgres/client.ts'
import { postgresDriver } from '../../../src/adapters/ledger-sql/driver/postgres/driver-at.ts'
import { type Migration, migrate, MIGRATIONS, schemaState } from '../../../src/adapters/ledger-sql/schema.ts'
import type { Driver } from '../../../src/adapters/ledger-sql/driver/sql.ts'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { joiner, T0, World } from '../../suites/conformance/ledger/world.ts'
import { command } from '../../fakes/cli.ts'
import { startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

const server = await startPostgres()
after(() => server.close())
const auth = { kind: 'password', password: null } as const

function at(t: TestContext, location: string, statementMs: number | null = 10_000): Driver {
  const driver = postgresDriver({ location, auth, connections: 2, statementMs })
  t.after(() => driver.close())
  return driver
}

const ENGINES: Readonly<Record<string, (t: TestContext) => Promise<Driver>>> = {
  SQLite: async (t) => {
    const driver = openSqlite(':memory:')
    t.after(() => driver.close())
    return driver
  },
  PostgreSQL: async (t) => at(t, await server.database()),
}

const VERSION = MIGRATIONS.length
const adding = (compatibleFrom: number, column = 'newer'): readonly Migration[] => [
  ...MIGRATIONS,
  { compatibleFrom, statements: () => [`ALTER TABLE holds ADD COLUMN ${column} TEXT`] },
]

for (const [name, make] of Object.entries(ENGINES))
  void describe(`migrations on ${name}`, () => {
    void it('a release goes on with a ledger that a newer one only added to', async (t) => {
      const driver = await make(t)
      assert.deepEqual(await migrate(driver, T0, adding(VERSION)), [VERSION, VERSION + 1])
      assert.deepEqual(await schemaState(driver), { kind: 'ready', version: VERSION + 1 })
      assert.deepEqual(await migrate(driver, T0), [])
    })

    void it('a release refuses a ledger that a newer one took something away from', async (t) => {
      const driver = await make(t)
      await migrate(driver, T0, adding(VERSION + 1))
      await assert.rejects(schemaState(driver), { code: 'LedgerTooNew' })
      await assert.rejects(migrate(driver, T0), { code: 'LedgerTooNew' })
    })

    void it('one newer migration that takes away is enough, whatever comes after it', async (t) => {
      const driver = await make(t)
      const later: Migration = {
        compatibleFrom: VERSION,
        statements: () => ['CREATE INDEX later ON holds (until)'],
      }
      await migrate(driver, T0, [...adding(VERSION + 1), later])
      await assert.rejects(schemaState(driver), { code: 'LedgerTooNew' })
    })

    void it('a migration that was changed after it was applied is found and named', async (t) => {
      const driver = await make(t)
      await migrate(driver, T0, adding(VERSION, 'newer'))
      await assert.rejects(migrate(driver, T0, adding(VERSION, 'other')), {
        code: 'LedgerAltered',
        message: new RegExp(`migration ${VERSION + 1} `),
      })
    })

    void it('a comment or a space more makes no other migration', async (t) => {
      const driver = await make(t)
      await migrate(driver, T0)
      const reworded = MIGRATIONS.map((migration) => ({
        ...migration,
        statements: (dialect: Driver['dialect']) =>
          migration.statements(dialect).map((text) => text.replace('(\n', '(\n  -- said otherwise\n')),
      }))
      assert.deepEqual(await migrate(driver, T0, reworded), [])
    })

    void it('several that start at once apply each migration once', async (t) => {
      const driver = await make(t)
      const applied = await Promise.all([1, 2, 3].map(() => migrate(driver, T0, adding(VERSION))))
      assert.deepEqual(
        applied.flat().toSorted((a, b) => a - b),
        [VERSION, VERSION + 1],
      )
    })
  })

void it('an instance runs on tables that another role made, without the right to make any', async (t) => {
  const location = await server.database()
  const role = `runner_${Date.now()}`
  const owner = at(t, location)
  await owner.transaction(async (sql) => {
    await sql.run(`CREATE ROLE ${role} LOGIN PASSWORD 'test'`)
    await sql.run('REVOKE CREATE ON SCHEMA public FROM PUBLIC')
  })
  const url = new URL(location.replace('@/', '@localhost/'))
  const place = location.replace(/\/\/[^@]*@/, `//${role}@`)
  assert.equal(url.username, 'rollcall')
  const open = (): ReturnType<typeof openPostgresLedger> =>
    openPostgresLedger({
      location: place,
      auth: { kind: 'password', password: 'test' },
      instance: 'test',
      connections: 2,
      statementMs: 10_000,
      now: () => T0,
    })
  await assert.rejects(open(), { code: 'LedgerRefused', message: /rollcall ledger migrate/ })
  const first = await command(['ledger', 'migrate', '--grant-to', role], { LEDGER: location })
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, /applied 1/)
  const second = await command(['ledger', 'migrate'], { LEDGER: location })
  assert.match(second.stdout, /nothing to do/)
  const ledger = await open()
  t.after(() => ledger.close())
  const world = new World(ledger)
  await world.record(joiner('j-1', 'p-1'))
  await world.confirmAll()
  await world.balanced()
})

void it('a migration that waits for a table holds up those who use it no longer than a moment', async (t) => {
  const location = await server.database()
  const [instance, maker] = [at(t, location, 3_000), at(t, location, null)]
  await migrate(maker, T0)
  const release = Promise.withResolvers<void>()
  t.after(() => release.resolve())
  const reading = Promise.withResolvers<void>()
  const long = at(t, location).transaction(async (sql) => {
    await sql.all('SELECT name FROM holds')
    reading.resolve()
    await release.promise
  })
  await reading.promise
  const migrating = migrate(maker, T0, adding(VERSION))
  const watch = at(t, location)
  await until('the migration waits for the table', async () => {
    const waiting = `SELECT 1 AS yes FROM pg_locks WHERE NOT granted AND relation = CAST('holds' AS REGCLASS)`
    return (await watch.transaction((sql) => sql.all(waiting))).length > 0
  })
  // Queued behind the migration: it passes because the migration steps back before a statement's
  // time is over.
  await instance.transaction((sql) => sql.all('SELECT name FROM holds'))
  release.resolve()
  await long
  assert.deepEqual(await migrating, [VERSION + 1])
})

void it('ledger migrate makes a file too, and a role is nothing a file has', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-migrate-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const LEDGER = join(folder, 'rollcall.db')
  const made = await command(['ledger', 'migrate', '--output', 'json'], { LEDGER })
  assert.deepEqual(JSON.parse(made.stdout), { version: VERSION, applied: [VERSION], grantedTo: null })
  assert.equal((await command(['ledger', 'migrate', '--grant-to', 'x'], { LEDGER })).code, 2)
})
