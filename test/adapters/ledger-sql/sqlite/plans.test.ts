import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { migrate } from '../../../../src/adapters/ledger-sql/schema.ts'
import { openSqlite, sqliteDialect } from '../../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { TAKE_OVER } from '../../../../src/adapters/ledger-sql/upkeep/take-over.ts'
import type { Driver } from '../../../../src/adapters/ledger-sql/driver/sql.ts'
import {
  GROWING,
  ofTheLoops,
  type Statement,
  statementsOfTheFlow,
  withMostRows,
} from '../../support/statements.ts'

const flow: ReadonlyMap<string, Statement> = await statementsOfTheFlow(sqliteDialect)

/** Names of indexes that hold only what is open. */
function partialIndexes(driver: Driver): Promise<ReadonlySet<string>> {
  return driver.transaction(
    async (sql) =>
      new Set(
        (
          await sql.all<{ name: string }>(
            `SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'`,
          )
        ).map(({ name }) => name),
      ),
  )
}

/**
 * Walks that touch every row of a table that grows: without an index, or along one that holds all
 * rows. Planned as the ledger's own driver does.
 */
async function fullScans(driver: Driver, partial: ReadonlySet<string>, text: string): Promise<string[]> {
  const parameters = Array.from({ length: (text.match(/\?/g) ?? []).length }, () => 1)
  const steps = await driver.transaction((sql) =>
    sql.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, parameters),
  )
  const names = aliases(text)
  return steps
    .map(({ detail }) => detail)
    .filter((detail) => {
      const found = /^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?/.exec(detail)
      if (!found) return false
      const table = names.get(found[1] ?? '') ?? found[1] ?? ''
      return GROWING.includes(table) && !partial.has(found[2] ?? '')
    })
}

/** `FROM events e` and `JOIN events e` name a table by a letter. */
function aliases(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/(?=\b(?:FROM|JOIN|UPDATE|INTO) (\w+) (?:AS )?(\w+))/g)].map(([, table, alias]) => [
      alias ?? '',
      table ?? '',
    ]),
  )
}

async function emptyLedger(t: TestContext): Promise<Driver> {
  const driver = openSqlite(':memory:')
  t.after(() => driver.close())
  await migrate(driver, 0)
  return driver
}

void it('a walk through a whole table is seen when there is one', async (t) => {
  const driver = await emptyLedger(t)
  const partial = await partialIndexes(driver)
  const seen = (text: string): Promise<string[]> => fullScans(driver, partial, text)
  assert.deepEqual(await seen('SELECT x.seq FROM events x WHERE x.mode = ?'), ['SCAN x'])
  assert.deepEqual(
    await seen('WITH v(id) AS (VALUES (CAST(? AS TEXT))) SELECT x.seq FROM v JOIN events x ON x.mode = v.id'),
    ['SCAN x'],
  )
  assert.deepEqual(await seen('SELECT employee FROM events'), [
    'SCAN events USING COVERING INDEX events_employee',
  ])
  assert.deepEqual(await seen(`SELECT seq FROM operations WHERE state = 'pending'`), [])
})

void it('no statement of the loops walks through a whole table that grows', async (t) => {
  const driver = await emptyLedger(t)
  const partial = await partialIndexes(driver)
  const wrong: string[] = []
  const looked = new Set<string>()
  for (const [text, statement] of flow) {
    if (!ofTheLoops(statement)) continue
    const { text: most } = withMostRows(text, statement.parameters)
    if (looked.has(most)) continue
    looked.add(most)
    for (const step of await fullScans(driver, partial, most))
      wrong.push(`${[...statement.methods].join(', ')}: ${step} in ${text.replaceAll(/\s+/g, ' ')}`)
  }
  assert.ok(looked.size > 50, `${looked.size} statements`)
  assert.ok([...looked].some((text) => text.length > 256 * 20))
  assert.deepEqual(wrong, [])
})

void it('a start walks through no whole table that grows', async (t) => {
  const driver = await emptyLedger(t)
  const partial = await partialIndexes(driver)
  for (const text of TAKE_OVER) assert.deepEqual(await fullScans(driver, partial, text), [])
})

void it('no statement over listed rows finds events by their state: a backlog has as many in one state as there are', async (t) => {
  const driver = await emptyLedger(t)
  const wrong: string[] = []
  for (const text of new Set(
    [...flow.keys()].filter((one) => one.startsWith('WITH v')).map((one) => withMostRows(one, []).text),
  )) {
    const parameters = Array.from({ length: (text.match(/\?/g) ?? []).length }, () => 1)
    const steps = await driver.transaction((sql) =>
      sql.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, parameters),
    )
    if (steps.some(({ detail }) => detail.includes('INDEX events_state'))) wrong.push(text.slice(-200))
  }
  assert.deepEqual(wrong, [])
})

/** Methods that read only what a scrape reads too. */
const SCRAPED: ReadonlySet<string> = new Set(['readFigures', 'recordHistory'])

void it('what a scrape reads of a table that grows is in indexes of what is open', async (t) => {
  const driver = await emptyLedger(t)
  const plans: string[] = []
  for (const [text, { methods }] of flow) {
    if (!methods.has('readFigures') || ![...methods].every((method) => SCRAPED.has(method))) continue
    const parameters = Array.from({ length: (text.match(/\?/g) ?? []).length }, () => 1)
    const names = aliases(text)
    const steps = await driver.transaction((sql) =>
      sql.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, parameters),
    )
    for (const { detail } of steps) {
      const [, table = '', index = ''] =
        /^(?:SCAN|SEARCH) (\w+) USING (COVERING INDEX \w+|INDEX \w+)/.exec(detail) ?? []
      const name = names.get(table) ?? table
      if (GROWING.includes(name)) plans.push(`${name} ${index}`)
    }
  }
  assert.deepEqual(
    new Set(plans),
    new Set([
      'events COVERING INDEX events_state',
      'events INDEX events_unplanned',
      'events COVERING INDEX events_dead_code',
      'employees COVERING INDEX employees_due',
      'employees INDEX employees_urgent',
      'employees INDEX employees_moment',
      'employees COVERING INDEX employees_incomplete',
      'employees COVERING INDEX employees_braked',
      'operations COVERING INDEX operations_oldest',
      'operations INDEX operations_oldest',
      'operations COVERING INDEX operations_accepted',
      'operations COVERING INDEX operations_escrowed',
      'operations COVERING INDEX operations_answered',
      'operations INDEX operations_answered',
      'batches COVERING INDEX batches_open',
      'operations INDEX operations_batch',
      'outbox COVERING INDEX outbox_unpublished',
      'outbox INDEX outbox_unpublished',
      'leaver_cases COVERING INDEX leaver_cases_cause',
      'leaver_cases COVERING INDEX leaver_cases_emergency',
      'findings INDEX findings_open',
    ]),
  )
})
