import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, it } from 'node:test'
import { openPostgresLedger } from '../../../../src/adapters/ledger-sql/driver/postgres/client.ts'
import { postgresDriver } from '../../../../src/adapters/ledger-sql/driver/postgres/driver-at.ts'
import { driverAt, startPostgres } from '../../support/postgres.ts'

const server = await startPostgres()
after(() => server.close())
const auth = { kind: 'password', password: null } as const

/**
 * What PgBouncer lets a client ask for as it connects; anything else ends the connection.
 * https://www.pgbouncer.org/config.html#ignore_startup_parameters
 */
const LET_IN = [
  'user',
  'database',
  'client_encoding',
  'datestyle',
  'timezone',
  'standard_conforming_strings',
  'application_name',
]

void it('a connection asks at its start for nothing a pooler refuses', async (t) => {
  const asked = Promise.withResolvers<readonly string[]>()
  const pooler = createServer((socket) =>
    socket
      .on('error', () => {})
      .once('data', (packet: Buffer) => {
        const words = packet.subarray(8).toString('utf8').split('\0')
        asked.resolve(words.filter((word, index) => index % 2 === 0 && word !== ''))
        socket.destroy()
      }),
  )
  await new Promise<void>((resolve) => pooler.listen(0, '127.0.0.1', resolve))
  t.after(() => pooler.close())
  const address = pooler.address()
  assert.ok(typeof address === 'object' && address !== null)
  const location = `postgres://me@127.0.0.1:${address.port}/ledger`
  await assert.rejects(
    openPostgresLedger({
      location,
      auth,
      instance: 'test',
      connections: 1,
      statementMs: 1_000,
      now: Date.now,
    }),
    {
      code: 'LedgerUnavailable',
    },
  )
  for (const name of await asked.promise) assert.ok(LET_IN.includes(name.toLowerCase()), name)
})

void it('what a transaction needs is in force in it, whichever connection it got, and leaves nothing there', async (t) => {
  const location = await server.database()
  const driver = postgresDriver({ location, auth, connections: 1, statementMs: 1_234 })
  t.after(() => driver.close())
  const said = `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
    current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('enable_seqscan') AS seqscan,
    current_setting('transaction_isolation') AS isolation`
  for (const access of ['write', 'read'] as const)
    assert.deepEqual(await driver.transaction((sql) => sql.all(said), access), [
      {
        statement: '1234ms',
        lock: '10s',
        idle: '10s',
        seqscan: 'off',
        isolation: access === 'read' ? 'repeatable read' : 'read committed',
      },
    ])
  const patient = driverAt(location)
  t.after(() => patient.close())
  const [row] = await patient.transaction(async (sql) => {
    await sql.lock('schema')
    return sql.all<object>(said)
  })
  assert.partialDeepStrictEqual(row, { statement: '0', lock: '1s', idle: '0' })
})
