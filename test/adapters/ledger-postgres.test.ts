import { after } from 'node:test'
import { openPostgresLedger } from '../../src/adapters/ledger-sql/postgres/client.ts'
import { exerciseLedger } from '../conformance/ledger.ts'
import { T0 } from '../conformance/ledger-world.ts'
import { startPostgres } from './support/postgres.ts'

const server = await startPostgres()
after(() => server.close())

exerciseLedger('PostgreSQL', async () => {
  const location = await server.database()
  const auth = { kind: 'password', password: null } as const
  const ledger = await openPostgresLedger({ location, auth, instance: 'test', connections: 4, statementMs: 10_000, now: () => T0 })
  return {
    ledger,
    close: async () => {
      await ledger.close()
      await server.drop(location)
    },
  }
})
