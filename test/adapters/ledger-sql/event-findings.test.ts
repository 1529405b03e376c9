import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type { Driver } from '../../../src/adapters/ledger-sql/driver/sql.ts'
import { raiseFindings } from '../../../src/adapters/ledger-sql/findings/findings.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import { hrEvent, joiner, World } from '../../suites/conformance/ledger/world.ts'
import { driverAt, startPostgres } from '../support/postgres.ts'

const server = await startPostgres()
after(() => server.close())
const DRIVERS: Readonly<Record<string, () => Promise<Driver>>> = {
  SQLite: async () => openSqlite(':memory:'),
  PostgreSQL: async () => driverAt(await server.database()),
}

for (const [engine, open] of Object.entries(DRIVERS))
  void test(`${engine}: an outcome names the open findings about its event, each code once`, async (t) => {
    const driver = await open()
    await migrate(driver, 0)
    const world = new World(sqlLedger(driver, 'test'))
    t.after(() => world.ledger.close())
    await world.record(joiner('hire', 'p1'), hrEvent('move', 'p1', { title: 'Lead' }), joiner('other', 'p2'))
    const seqOf = async (event: string): Promise<number> => {
      const [row] = await driver.transaction((sql) =>
        sql.all<{ seq: number }>('SELECT seq FROM events WHERE event_id = ?', [event]),
      )
      return row?.seq ?? assert.fail(event)
    }
    const [hire, move] = [await seqOf('hire'), await seqOf('move')]
    const finding = (about: string, event: number) =>
      ({ code: 'DisabledElsewhere', about, employee: 'p1', event, detail: null }) as const
    await driver.transaction((sql) =>
      raiseFindings(sql, [finding('1', hire), finding('2', hire), finding('3', move)], world.now),
    )
    await world.ledger.acknowledgeFinding({ seq: 3, actor: 'ada', justification: 'seen' }, world.now)
    await world.confirmAll()
    const outcomes = await world.ledger.listUnpublishedOutcomes(10)
    assert.deepEqual(Object.fromEntries(outcomes.map(({ eventId, findings }) => [eventId, findings])), {
      hire: ['DisabledElsewhere'],
      move: [],
      other: [],
    })
  })
