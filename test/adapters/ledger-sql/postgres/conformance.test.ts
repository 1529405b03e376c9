import { after } from 'node:test'
import { Client } from 'pg'
import { openPostgresLedger } from '../../../../src/adapters/ledger-sql/driver/postgres/client.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { exerciseLedger } from '../../../suites/conformance/ledger.ts'
import { POSTGRES_ARROWS } from '../../../suites/conformance/ledger-arrows.ts'
import { T0 } from '../../../suites/conformance/ledger-world.ts'
import { connectionOf, startPostgres } from '../../support/postgres.ts'

const server = await startPostgres()
const location = await server.database()
const auth = { kind: 'password', password: null } as const
const ledger: Ledger = await openPostgresLedger({
  location,
  auth,
  instance: 'test',
  connections: 4,
  statementMs: 10_000,
  now: () => T0,
})
const admin = new Client(connectionOf(location))
await admin.connect()
for (const statement of POSTGRES_ARROWS) await admin.query(statement)
const { rows } = await admin.query<{ tablename: string }>(
  `SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'migrations'`,
)
const tables = rows.map(({ tablename }) => tablename).join(', ')

after(async () => {
  await admin.end()
  await ledger.close()
  await server.drop(location)
  await server.close()
})

// One database that is emptied after each case: to make one for each would take most of the time of the suite.
exerciseLedger('PostgreSQL', async () => ({
  ledger,
  close: async () => void (await admin.query(`TRUNCATE ${tables} RESTART IDENTITY`)),
}))
