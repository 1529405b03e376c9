import assert from 'node:assert/strict'
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { openPostgresLedger } from '../../../src/adapters/ledger-sql/driver/postgres/client.ts'
import { postgresDriver } from '../../../src/adapters/ledger-sql/driver/postgres/driver-at.ts'
import type { Driver } from '../../../src/adapters/ledger-sql/driver/sql.ts'
import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { openSqlite, sqliteDialect } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { type Migration, migrate, MIGRATIONS } from '../../../src/adapters/ledger-sql/schema.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { command } from '../../fakes/cli.ts'
import { hrEvent, joiner, leaver, type Sent, T0, World } from '../../suites/conformance/ledger/world.ts'
import { startPostgres } from '../support/postgres.ts'

const server = await startPostgres()
after(() => server.close())
const auth = { kind: 'password', password: null } as const
const VERSION = MIGRATIONS.length

/** A ledger somewhere, and what the runbook does to it. */
interface Place {
  readonly location: string
  open(): Promise<Ledger>
  driver(): Driver
  /** Copies it, as a backup does. */
  backUp(): Promise<Place>
}

/** However the test ends, no connection keeps it from ending. */
function closedAfter(t: TestContext, opening: Promise<Ledger>): Promise<Ledger> {
  t.after(async () => (await opening).close().catch(() => {}))
  return opening
}

function sqliteAt(t: TestContext, location: string): Place {
  return {
    location,
    open: () => closedAfter(t, openSqliteLedger({ path: location, now: () => T0 })),
    driver: () => openSqlite(location),
    backUp: async () => {
      copyFileSync(location, `${location}.backup`)
      return sqliteAt(t, `${location}.backup`)
    },
  }
}

function postgresAt(t: TestContext, location: string): Place {
  const settings = { location, auth, connections: 2, statementMs: 10_000 }
  return {
    location,
    open: () => closedAfter(t, openPostgresLedger({ ...settings, instance: 'test', now: () => T0 })),
    driver: () => postgresDriver(settings),
    backUp: async () => postgresAt(t, await server.database(location)),
  }
}

const ENGINES: Readonly<Record<string, (t: TestContext) => Promise<Place>>> = {
  SQLite: async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-rollback-'))
    t.after(() => rmSync(folder, { recursive: true }))
    return sqliteAt(t, join(folder, 'ledger.db'))
  },
  PostgreSQL: async (t) => postgresAt(t, await server.database()),
}

const tables = MIGRATIONS.flatMap(({ statements }) => statements(sqliteDialect)).flatMap(
  (text) => /^CREATE TABLE (\w+)/.exec(text)?.[1] ?? [],
)
/** The next release, as far as a ledger knows it: there is only one so far. */
const adding: readonly Migration[] = [
  ...MIGRATIONS,
  {
    compatibleFrom: VERSION,
    statements: () => tables.map((table) => `ALTER TABLE ${table} ADD COLUMN newer TEXT`),
  },
]
const removing: readonly Migration[] = [
  ...MIGRATIONS,
  { compatibleFrom: VERSION + 1, statements: () => ['ALTER TABLE holds DROP COLUMN detail'] },
]

async function upgrade(place: Place, migrations: readonly Migration[]): Promise<void> {
  const driver = place.driver()
  await migrate(driver, T0, migrations)
  await driver.close()
}

/**
 * A hire that is confirmed, one that was sent and not answered, and one that is not planned yet.
 */
async function workUnderWay(world: World): Promise<Sent> {
  await world.record(joiner('e1', 'p1'))
  await world.confirmAll()
  await world.record(joiner('e2', 'p2'))
  const sent = await world.send()
  await world.record(joiner('e3', 'p3'))
  return sent
}

/** Every event is confirmed, and the books balance. */
async function finished(world: World): Promise<void> {
  await world.balanced()
  for (const employee of ['p1', 'p2', 'p3'])
    for (const [id, state] of Object.entries(await world.states(employee)))
      assert.equal(state, 'confirmed', id)
}

/**
 * The world goes on with another connector, whose clock and messages are those of the one before.
 */
const on = (world: World, ledger: Ledger): World => Object.assign(world, { ledger })

for (const [name, make] of Object.entries(ENGINES))
  void describe(`a rollback on ${name}`, () => {
    void it('goes on with the work of the newer release, whose tables have a column more each', async (t) => {
      const place = await make(t)
      const world = new World(await place.open())
      const sent = await workUnderWay(world)
      await world.ledger.close()
      await upgrade(place, adding)
      on(world, await place.open())
      await world.answer(sent)
      await world.finalize()
      await world.record(leaver('e4', 'p1'))
      await world.plan()
      await world.ledger.close()
      on(world, await place.open())
      await world.confirmAll()
      await finished(world)
    })

    void it('ends with exit code 6 on tables that lack something, and the backup goes on', async (t) => {
      const place = await make(t)
      const world = new World(await place.open())
      const sent = await workUnderWay(world)
      await world.ledger.close()
      const backup = await place.backUp()
      await upgrade(place, removing)
      const refused = await command(['status'], { LEDGER: place.location })
      assert.equal(refused.code, 6)
      const { stderr } = refused
      assert.match(stderr, /has schema 2, with which this release \(schema 1\) cannot work: run the newer/)

      on(world, await backup.open())
      // HR sends again what it sent since, and an event that the backup knows.
      await world.record(joiner('e3', 'p3'), leaver('e4', 'p1'))
      await world.answer(sent)
      await world.finalize()
      await world.confirmAll()
      await finished(world)
    })
  })

void it('instances that run while PostgreSQL is upgraded go on, and so does one that is rolled back', async (t) => {
  const place = postgresAt(t, await server.database())
  const [one, two] = [await place.open(), await place.open()]
  const world = new World(one)
  const sent = await workUnderWay(world)
  await two.listInstances(T0)
  await upgrade(place, adding)
  // The same statements, which the server had prepared for the narrower tables.
  await world.answer(sent)
  await world.finalize()
  await two.listInstances(T0)
  await on(world, two).record(leaver('e4', 'p1'))
  await on(world, one).confirmAll()
  const back = await place.open()
  await on(world, back).record(hrEvent('e5', 'p2', { title: 'late' }))
  await on(world, two).confirmAll()
  await finished(on(world, back))
})

void it('no statement takes all columns of a table, because a newer release may add one', () => {
  const texts = globSync('src/adapters/ledger-sql/**/*.ts').map((path) => readFileSync(path, 'utf8'))
  assert.ok(texts.length > 50)
  for (const text of texts) assert.doesNotMatch(text, /(?:SELECT|RETURNING) \*/)
})
