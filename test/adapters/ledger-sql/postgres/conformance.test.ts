import { after } from 'node:test'
import { Client } from 'pg'
import { sqlLedger } from '../../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../../src/adapters/ledger-sql/schema.ts'
import { exerciseLedger } from '../../../suites/conformance/ledger.ts'
import { POSTGRES_ARROWS } from '../../../suites/conformance/ledger/arrows.ts'
import { T0 } from '../../../suites/conformance/ledger/world.ts'
import { driverAt, startPostgres } from '../../support/postgres.ts'
import { connectionOf } from '../../support/postgres-process.ts'

const server = await startPostgres()
const location = await server.database()
// In this thread: the suite of SQLite has a case of each group through a thread, which carries both
// alike.
const driver = driverAt(location, 4)
await migrate(driver, T0)
const ledger = sqlLedger(driver, 'test', () => T0)
const admin = new Client(connectionOf(location))
await admin.connect()
for (const statement of POSTGRES_ARROWS) await admin.query(statement)
const { rows } = await admin.query<{ tablename: string }>(
  `SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'migrations'`,
)
const sequences = await admin.query<{ name: string }>(
  `SELECT CAST(c.oid AS regclass)::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'S' AND n.nspname = current_schema()`,
)
// Foreign keys and arrows do not hold for this session, so the tables may be emptied in any order.
// To truncate them would take most of the time of the suite: it makes the files of every table and
// index anew; to restart sequences with ALTER takes three times as long as all the rest.
await admin.query(`SET session_replication_role = replica`)
const EMPTY = [
  ...rows.map(({ tablename }) => `DELETE FROM ${tablename}`),
  ...sequences.rows.map(({ name }) => `SELECT setval('${name}', 1, false)`),
].join('; ')

after(async () => {
  await admin.end()
  await ledger.close()
  await server.drop(location)
  await server.close()
})

// One database that is emptied after each case: to make one for each would take most of the time of
// the suite.
exerciseLedger('PostgreSQL', async () => ({
  ledger,
  close: async () => void (await admin.query(EMPTY)),
}))
