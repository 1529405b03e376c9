import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { after, it, type TestContext } from 'node:test'
import { openPostgresLedger } from '../../../../src/adapters/ledger-sql/driver/postgres/client.ts'
import { postgresDriver } from '../../../../src/adapters/ledger-sql/driver/postgres/driver-at.ts'
import { MIGRATIONS, migrate } from '../../../../src/adapters/ledger-sql/schema.ts'
import type { Driver } from '../../../../src/adapters/ledger-sql/driver/sql.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { joiner, leaver, T0, World } from '../../../suites/conformance/ledger/world.ts'
import { rollcall } from '../../../fakes/rollcall.ts'
import { startPostgres } from '../../support/postgres.ts'
import { until } from '../../support/until.ts'

const server = await startPostgres()
after(() => server.close())
const NEWER = `INSERT INTO migrations (version, applied_at, checksum, compatible_from) VALUES (?, 0, '', ?)`
const auth = { kind: 'password', password: null } as const

function driverAt(t: TestContext, location: string, statementMs = 10_000): Driver {
  const driver = postgresDriver({ location, auth, connections: 1, statementMs })
  t.after(() => driver.close())
  return driver
}

async function ledgerAt(t: TestContext, location: string, statementMs = 10_000): Promise<Ledger> {
  const ledger = await openPostgresLedger({
    location,
    auth,
    instance: 'test',
    connections: 2,
    statementMs,
    now: () => T0,
  })
  t.after(() => ledger.close())
  return ledger
}

void it('a connection to a server that only lets read any more is given up for one to the server that took its place', async (t) => {
  const location = await server.database()
  const admin = driverAt(t, location)
  await admin.transaction((sql) => sql.run('CREATE TABLE things (n BIGINT NOT NULL)'))
  const readOnly = (word: string): Promise<unknown> =>
    admin.transaction(async (sql) => {
      const [row] = await sql.all<{ name: string }>('SELECT CAST(current_database() AS TEXT) AS name')
      await sql.run(`ALTER DATABASE ${row?.name ?? ''} SET default_transaction_read_only = ${word}`)
    })
  await readOnly('on')
  const driver = driverAt(t, location)
  await driver.transaction((sql) => sql.all('SELECT n FROM things'))
  await readOnly('off')
  assert.equal(await driver.transaction((sql) => sql.run('INSERT INTO things (n) VALUES (1)')), 1)
})

for (const code of ['08007', '08P01', '25P04', '40000', '40003', '53000', '53200', '53300', '57P01'])
  void it(`SQLSTATE ${code} passes: the transaction is repeated`, async (t) => {
    const driver = driverAt(t, await server.database())
    let attempts = 0
    await driver.transaction(async (sql) => {
      if (++attempts === 1) await sql.run(`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '${code}'; END $$`)
      await sql.all('SELECT 1 AS one')
    })
    assert.equal(attempts, 2)
  })

void it('a failure that cannot pass is reported once, with what to do', async (t) => {
  const driver = driverAt(t, await server.database(), 50)
  const refusal = (text: string): Promise<unknown> => driver.transaction((sql) => sql.all(text))
  await assert.rejects(refusal('SELECT CAST(pg_sleep(10) AS TEXT) AS slept'), {
    code: 'LedgerFailed',
    message: /LEDGER_STATEMENT_MS/,
  })
  await assert.rejects(refusal(`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '42501'; END $$`), {
    code: 'LedgerRefused',
    message: /GRANT CREATE ON SCHEMA/,
  })
  await assert.rejects(refusal(`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$`), {
    code: 'LedgerFull',
    message: /make room/,
  })
})

void it('tables are made however long that takes, and a second instance waits for it', async (t) => {
  const location = await server.database()
  const other = driverAt(t, location)
  const [holding, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const held = other.transaction(async (sql) => {
    await sql.lock('schema')
    holding.resolve()
    await release.promise
  })
  await holding.promise
  const opening = ledgerAt(t, location, 100)
  const watch = driverAt(t, location)
  const waited = `SELECT 1 AS yes FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'advisory' AND clock_timestamp() - query_start > INTERVAL '200 ms'`
  await until(
    'one instance has waited for longer than a statement of the loops may take',
    async () => (await watch.transaction((sql) => sql.all(waited))).length > 0,
  )
  release.resolve()
  await held
  assert.equal((await (await opening).readTotals()).events, 0)
})

void it('an instance goes on, and starts, while the tables of a newer release have columns it does not know', async (t) => {
  const location = await server.database()
  const world = new World(await ledgerAt(t, location))
  const flow = async (round: string): Promise<void> => {
    await world.record(joiner(`j-${round}`, `p-${round}`), joiner(`k-${round}`, `q-${round}`))
    await world.confirmAll()
    await world.record(leaver(`l-${round}`, `p-${round}`))
    await world.confirmAll()
    await world.ledger.readCounts()
    await world.ledger.readTrace(`p-${round}`)
    await world.balanced()
  }
  await flow('before')
  await driverAt(t, location).transaction(async (sql) => {
    const tables = await sql.all<{ name: string }>(
      'SELECT CAST(tablename AS TEXT) AS name FROM pg_tables WHERE schemaname = current_schema()',
    )
    for (const { name } of tables)
      await sql.run(`ALTER TABLE ${name} ADD COLUMN newer BIGINT NOT NULL DEFAULT 0`)
    await sql.run(NEWER, [MIGRATIONS.length + 1, MIGRATIONS.length])
  })
  await flow('after')
  // Rolled back to the release before: it starts on the newer tables.
  const back = await ledgerAt(t, location)
  assert.equal((await back.readTotals()).events, 6)
})

void it('an instance that starts on a ledger of a newer release ends with exit code 6 and says whose it is', async (t) => {
  const location = await server.database()
  const driver = driverAt(t, location)
  await migrate(driver, 0)
  await driver.transaction((sql) => sql.run(NEWER, [MIGRATIONS.length + 1, MIGRATIONS.length + 1]))
  const { code, stderr } = await rollcall(['run'], {
    LEDGER: location,
    PROVISIONING_ENDPOINT: 'http://127.0.0.1:1/v1.0/servicePrincipals/a/synchronization/jobs/b/bulkUpload',
    PROVISIONING_ALLOW_HTTP: 'true',
    AUTH_MODE: 'local',
  })
  assert.equal(code, 6, stderr)
  assert.match(stderr, /run the newer release that wrote it/)
})

void it('the database tells its own time, which is that of the machine it is on', async (t) => {
  const ledger = await ledgerAt(t, await server.database())
  const before = Date.now()
  const at = await ledger.ping()
  assert.ok(at !== null && (!server.own || (at >= before - 1 && at <= Date.now() + 1)), String(at))
})

void it('a check before the first start, or beside a release before, makes and changes no tables', async (t) => {
  const location = await server.database()
  const checked = async (): Promise<
    { readonly what: string; readonly outcome: string; readonly say: string } | undefined
  > => {
    const { stdout } = await rollcall(['check', '--output', 'json'], { LEDGER: location })
    const { findings } = JSON.parse(stdout) as { findings: { what: string; outcome: string; say: string }[] }
    return findings.find(({ what }) => what === 'ledger')
  }
  const first = await checked()
  assert.equal(first?.outcome, 'ok', first?.say)
  assert.match(first?.say ?? '', /start rollcall run on it once/)
  const driver = driverAt(t, location)
  assert.deepEqual(
    await driver.transaction((sql) =>
      sql.all('SELECT tablename FROM pg_tables WHERE schemaname = current_schema()'),
    ),
    [],
  )
  await driver.transaction((sql) => sql.run('REVOKE CREATE ON SCHEMA public FROM PUBLIC'))
  await migrate(driver, 0)
  const second = await checked()
  assert.match(second?.say ?? '', /can be written/)
})

void it(
  'a way to the database that falls silent costs a new connection and nothing else',
  { skip: !server.own && 'the server is elsewhere' },
  async (t) => {
    const url = new URL((await server.database()).replace('@/', '@localhost/'))
    const sockets: Socket[] = []
    const proxy = createServer((socket) => {
      const onwards = connect(`${url.searchParams.get('host') ?? ''}/.s.PGSQL.5432`)
      for (const end of [socket, onwards]) sockets.push(end.on('error', () => {}))
      socket.pipe(onwards).pipe(socket)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      for (const socket of sockets) socket.destroy()
      proxy.close()
    })
    const address = proxy.address()
    assert.ok(typeof address === 'object' && address !== null)
    const driver = driverAt(t, `postgres://rollcall@127.0.0.1:${address.port}${url.pathname}`, 100)
    await driver.transaction((sql) => sql.run('CREATE TABLE things (n BIGINT NOT NULL)'))
    for (const socket of sockets) socket.unpipe().pause()
    assert.equal(await driver.transaction((sql) => sql.run('INSERT INTO things (n) VALUES (1)')), 1)
    assert.deepEqual(await driver.transaction((sql) => sql.all('SELECT n FROM things')), [{ n: 1 }])
  },
)
