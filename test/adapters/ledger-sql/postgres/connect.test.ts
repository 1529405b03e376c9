import assert from 'node:assert/strict'
import { it } from 'node:test'
import { postgresDriver } from '../../../../src/adapters/ledger-sql/driver/postgres/driver-at.ts'
import {
  authenticated,
  fatal,
  ready,
  scriptedPostgres,
  type Welcome,
} from '../../support/scripted-postgres.ts'

const FIRST_CONNECTIONS: readonly (readonly [string, Welcome])[] = [
  ['is ended in the moment it is ready', [authenticated, ready, fatal('57P01')]],
  ['is ended before it is ready', [authenticated, fatal('57P01')]],
  ['is refused by a server that starts', [fatal('57P03')]],
  ['breaks in the moment it is ready', [authenticated, ready]],
  ['breaks before anything is said', []],
]

for (const [what, welcome] of FIRST_CONNECTIONS)
  void it(`a connection that ${what} costs another one, and not the process`, async (t) => {
    const server = await scriptedPostgres([welcome])
    t.after(() => server.close())
    const driver = postgresDriver({
      location: server.location,
      auth: { kind: 'password', password: null },
      connections: 1,
      statementMs: 5_000,
    })
    t.after(() => driver.close())
    assert.equal(await driver.transaction(async () => 'done'), 'done')
    assert.equal(server.connections(), 2)
  })
