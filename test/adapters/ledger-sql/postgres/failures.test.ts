import assert from 'node:assert/strict'
import { after, it, type TestContext } from 'node:test'
import {
  maskedLocation,
  postgresConnection,
} from '../../../../src/adapters/ledger-sql/driver/postgres/address.ts'
import { openPostgresLedger } from '../../../../src/adapters/ledger-sql/driver/postgres/client.ts'
import { postgresDriver } from '../../../../src/adapters/ledger-sql/driver/postgres/driver-at.ts'
import type { Driver, Sql } from '../../../../src/adapters/ledger-sql/driver/sql.ts'
import { RollcallError } from '../../../../src/core/errors.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { joiner, World } from '../../../suites/conformance/ledger/world.ts'
import { command } from '../../../fakes/cli.ts'
import { startPostgres } from '../../support/postgres.ts'

const server = await startPostgres({ alone: true })
after(() => server.close())
const auth = { kind: 'password', password: null } as const

async function open(t: TestContext, location: string): Promise<Ledger> {
  const ledger = await openPostgresLedger({
    location,
    auth,
    instance: 'test',
    connections: 3,
    statementMs: 10_000,
    now: Date.now,
  })
  t.after(() => ledger.close())
  return ledger
}

async function driverFor(t: TestContext, location?: string): Promise<Driver> {
  const driver = postgresDriver({
    location: location ?? (await server.database()),
    auth,
    connections: 3,
    statementMs: 10_000,
  })
  t.after(() => driver.close())
  return driver
}

/** Ends every other connection to this database, as a restart of the server does. */
const endOthers = (sql: Sql): Promise<unknown> =>
  sql.all(
    'SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  )

void it('a connection that breaks in the middle of a transaction costs a second attempt and nothing else', async (t) => {
  const location = await server.database()
  const driver = await driverFor(t, location)
  const other = await driverFor(t, location)
  await driver.transaction((sql) => sql.run('CREATE TABLE things (name TEXT PRIMARY KEY)'))
  let attempts = 0
  await driver.transaction(async (sql) => {
    attempts += 1
    await sql.run('INSERT INTO things (name) VALUES (?)', ['one'])
    if (attempts === 1) await other.transaction(endOthers)
    await sql.run('INSERT INTO things (name) VALUES (?)', ['two'])
  })
  assert.equal(attempts, 2)
  assert.deepEqual(await driver.transaction((sql) => sql.all('SELECT name FROM things ORDER BY name')), [
    { name: 'one' },
    { name: 'two' },
  ])
})

void it('two transactions that wait for each other both come through', async (t) => {
  const driver = await driverFor(t)
  await driver.transaction((sql) => sql.run('CREATE TABLE things (name TEXT PRIMARY KEY, n BIGINT NOT NULL)'))
  await driver.transaction((sql) => sql.run(`INSERT INTO things (name, n) VALUES ('a', 0), ('b', 0)`))
  const both = Promise.withResolvers<void>()
  let begun = 0
  const cross = (one: string, two: string): Promise<void> =>
    driver.transaction(async (sql) => {
      await sql.run('UPDATE things SET n = n + 1 WHERE name = ?', [one])
      if (++begun === 2) both.resolve()
      await both.promise
      await sql.run('UPDATE things SET n = n + 1 WHERE name = ?', [two])
    })
  await Promise.all([cross('a', 'b'), cross('b', 'a')])
  assert.deepEqual(await driver.transaction((sql) => sql.all('SELECT n FROM things')), [{ n: 2 }, { n: 2 }])
})

void it('a transaction whose failed statement was overlooked is not committed, and rejects', async (t) => {
  const driver = await driverFor(t)
  await driver.transaction((sql) => sql.run('CREATE TABLE things (name TEXT PRIMARY KEY)'))
  const overlooked = driver.transaction(async (sql) => {
    await sql.run('INSERT INTO things (name) VALUES (?)', ['one'])
    await sql.run('INSERT INTO things (name) VALUES (?)', ['one']).catch(() => 0)
  })
  await assert.rejects(overlooked, { code: 'LedgerFailed', name: 'RollcallError' })
  assert.deepEqual(await driver.transaction((sql) => sql.all('SELECT name FROM things')), [])
})

void it('an error of the database never shows a value of a statement', async (t) => {
  const driver = await driverFor(t)
  await driver.transaction((sql) => sql.run('CREATE TABLE things (name TEXT PRIMARY KEY)'))
  await driver.transaction((sql) => sql.run('INSERT INTO things (name) VALUES (?)', ['Ada Lovelace']))
  const error: unknown = await driver
    .transaction((sql) => sql.run('INSERT INTO things (name) VALUES (?)', ['Ada Lovelace']))
    .then(
      () => null,
      (thrown: unknown) => thrown,
    )
  assert.ok(error instanceof RollcallError)
  assert.match(error.message, /SQLSTATE 23505/)
  assert.ok(!`${error.message}${error.stack ?? ''}`.includes('Lovelace'))
})

void it('every text comes back as it went in, and texts are ordered by code point', async (t) => {
  const driver = await driverFor(t)
  await driver.transaction((sql) =>
    sql.run(driver.dialect.define('CREATE TABLE things (seq BIGINT PRIMARY KEY, name TEXT NOT NULL)')),
  )
  const texts = [
    '\u0000',
    'a\u0000b',
    '\uffff',
    '\uffff0',
    '\uffff1\u0000',
    '\\u0000',
    'Ä',
    'a',
    'B',
    '😀',
    '\ue000',
    "'; --",
    '',
  ]
  await driver.transaction(async (sql) => {
    for (const [seq, text] of texts.entries())
      await sql.run('INSERT INTO things (seq, name) VALUES (?, ?)', [seq, text])
  })
  const kept = await driver.transaction((sql) =>
    sql.all<{ name: string }>('SELECT name FROM things ORDER BY seq'),
  )
  assert.deepEqual(
    kept.map(({ name }) => name),
    texts,
  )
  const [found] = await driver.transaction((sql) =>
    sql.all<{ seq: number }>('SELECT seq FROM things WHERE name = ?', ['a\u0000b']),
  )
  assert.equal(found?.seq, 1)
  const ordered = await driver.transaction((sql) =>
    sql.all<{ name: string }>(
      `SELECT name FROM things WHERE name IN ('Ä', 'a', 'B', '😀', '\ue000') ORDER BY name`,
    ),
  )
  assert.deepEqual(
    ordered.map(({ name }) => name),
    ['B', 'a', 'Ä', '\ue000', '😀'],
  )
})

void it('a transaction that reads sees one moment, and cannot write', async (t) => {
  const driver = await driverFor(t)
  await driver.transaction((sql) => sql.run('CREATE TABLE things (n BIGINT NOT NULL)'))
  const seen = await driver.transaction(async (sql) => {
    const before = await sql.all('SELECT n FROM things')
    await driver.transaction((other) => other.run('INSERT INTO things (n) VALUES (1)'))
    return [before.length, (await sql.all('SELECT n FROM things')).length]
  }, 'read')
  assert.deepEqual(seen, [0, 0])
  await assert.rejects(
    driver.transaction((sql) => sql.run('INSERT INTO things (n) VALUES (2)'), 'read'),
    { code: 'LedgerFailed' },
  )
})

void it('a database that cannot be reached is reported without the password', async () => {
  const location = 'postgres://rollcall:s3cret@127.0.0.1:1/rollcall'
  const opening = openPostgresLedger({
    location,
    auth,
    instance: 'test',
    connections: 2,
    statementMs: 1_000,
    now: Date.now,
  })
  const error: unknown = await opening.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof RollcallError)
  assert.equal(error.code, 'LedgerUnavailable')
  assert.match(error.message, /the database rollcall at 127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)/)
})

void it(
  'the ledger goes on after the server was restarted',
  { skip: !server.own && 'the server is not ours' },
  async (t) => {
    const world = new World(await open(t, await server.database()))
    await world.record(joiner('e1', 'p1'))
    await server.restart()
    await world.record(joiner('e2', 'p2'))
    assert.equal((await world.ledger.readTotals()).events, 2)
  },
)

void it('a closed ledger rejects every call, and closing again is fine', async (t) => {
  const ledger = await open(t, await server.database())
  await ledger.close()
  await ledger.close()
  await assert.rejects(ledger.readTotals(), { code: 'LedgerClosed' })
})

void it('a command beside the instances makes no tables and waits for none', async () => {
  const location = await server.database()
  const status = await command(['status'], { LEDGER: location })
  assert.equal(status.code, 1)
  assert.match(status.stderr, /LedgerNotReady/)
})

void it('a ledger of a newer release is refused with an exit code of its own, and left as it is', async (t) => {
  const location = await server.database()
  await open(t, location)
  const driver = await driverFor(t, location)
  await driver.transaction((sql) =>
    sql.run(
      "INSERT INTO migrations (version, applied_at, checksum, compatible_from) VALUES (1000, 0, '', 1000)",
    ),
  )
  await assert.rejects(open(t, location), { code: 'LedgerTooNew', name: 'RollcallError' })
  const status = await command(['status'], { LEDGER: location })
  assert.equal(status.code, 6, status.stderr)
})

void it('a URL says host, port, user, database and how the connection is secured', () => {
  const of = (location: string): unknown => postgresConnection(location, auth)
  assert.deepEqual(of('postgres://me:p%40ss@db.example.com:6432/ledger'), {
    host: 'db.example.com',
    port: 6432,
    user: 'me',
    database: 'ledger',
    password: 'p@ss',
    ssl: { rejectUnauthorized: true },
  })
  assert.partialDeepStrictEqual(of('postgres://me@127.0.0.1/ledger'), { port: 5432, ssl: false })
  assert.partialDeepStrictEqual(of('postgres://me@[::1]/ledger?sslmode=require'), {
    host: '::1',
    ssl: { rejectUnauthorized: false },
  })
  assert.partialDeepStrictEqual(of('postgresql://me@/ledger?host=/run/postgresql'), {
    host: '/run/postgresql',
    ssl: false,
  })
  for (const wrong of [
    'postgres://me@host',
    'postgres://me@host/db?sslmode=prefer',
    'postgres://me:s3cret@host/db?x=1',
    'postgres://a b/x',
  ])
    assert.throws(
      () => of(wrong),
      (error: unknown) =>
        error instanceof RollcallError && error.code === 'ConfigInvalid' && !error.message.includes('s3cret'),
    )
})

void it('a token of the identity is the password, asked for with every connection', async () => {
  const asked: unknown[] = []
  const tokens = async (scope: string): Promise<string> => {
    asked.push(scope)
    return `token-${asked.length}`
  }
  const { password } = postgresConnection('postgres://me@db.example.com/ledger', { kind: 'entra', tokens })
  assert.ok(typeof password === 'function')
  assert.deepEqual([await password(), await password()], ['token-1', 'token-2'])
  assert.deepEqual(
    asked,
    Array.from({ length: 2 }, () => 'https://ossrdbms-aad.database.windows.net/.default'),
  )
})

void it('what is in force is printed without the password of the database', async () => {
  const location = 'postgres://me:s3cret@db.example.com/ledger'
  assert.equal(maskedLocation(location), 'postgres://me:********@db.example.com/ledger')
  assert.equal(maskedLocation('postgres://me@db.example.com/ledger'), 'postgres://me@db.example.com/ledger')
  assert.equal(maskedLocation('rollcall.db'), 'rollcall.db')
  const { stdout, code } = await command(['config', 'print'], {
    LEDGER: location,
    LEDGER_PASSWORD: 's3cret-too',
  })
  assert.equal(code, 0)
  assert.ok(stdout.includes('db.example.com') && !stdout.includes('s3cret'))
})
