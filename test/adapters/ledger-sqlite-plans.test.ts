import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { sqlLedger } from '../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../src/adapters/ledger-sql/schema.ts'
import { openSqlite } from '../../src/adapters/ledger-sql/sqlite/driver.ts'
import type { Driver, Sql } from '../../src/adapters/ledger-sql/sql.ts'
import type { Ledger } from '../../src/core/ledger/port.ts'
import { ledgerCases } from '../conformance/ledger.ts'
import { World } from '../conformance/ledger-world.ts'

const GROWING = ['events', 'operations', 'log_records', 'outbox', 'messages', 'employees', 'calls', 'batches']
/** People ask these now and then; they may read everything. */
const ASKED_BY_PEOPLE = new Set<keyof Ledger>(['inspect', 'trace', 'erase'])

/** Statements by the ledger's method that ran them. */
class Recorder {
  readonly statements = new Map<string, Set<keyof Ledger>>()
  #method: keyof Ledger = 'ping'

  driver(inner: Driver): Driver {
    const note = (text: string): void => {
      const there = this.statements.get(text) ?? new Set<keyof Ledger>()
      this.statements.set(text, there.add(this.#method))
    }
    const watched = (sql: Sql): Sql => ({
      ...sql,
      all: (text, parameters) => (note(text), sql.all(text, parameters)),
      run: (text, parameters) => (note(text), sql.run(text, parameters)),
    })
    return { ...inner, transaction: (work) => inner.transaction((sql) => work(watched(sql))) }
  }

  /** The cases call one method at a time, so the last one called is the one that runs. */
  ledger(inner: Ledger): Ledger {
    return new Proxy(inner, {
      get: (target, name, receiver) => {
        if (name in target) this.#method = name as keyof Ledger
        return Reflect.get(target, name, receiver) as unknown
      },
    })
  }
}

async function statementsOfTheFlow(): Promise<ReadonlyMap<string, ReadonlySet<keyof Ledger>>> {
  const recorder = new Recorder()
  for (const { run } of ledgerCases) {
    const driver = openSqlite(':memory:')
    await migrate(driver, 0)
    const ledger = sqlLedger(recorder.driver(driver), 'test')
    await run(new World(recorder.ledger(ledger)))
    await ledger.close()
  }
  return recorder.statements
}

/** A statement over listed rows, with as many of them as it ever gets: what the planner does depends on how many there are. */
function withMostRows(text: string): string {
  return text.replace(
    /^(WITH v\([^)]*\) AS \(VALUES )(\((?:CAST\(\? AS \w+\)(?:, )?)+\))(?:, \2)*/,
    (_whole, before: string, tuple: string) => {
      return before + Array.from({ length: 256 }, () => tuple).join(', ')
    },
  )
}

/** Names of indexes that hold only what is open. */
function partialIndexes(driver: Driver): Promise<ReadonlySet<string>> {
  return driver.transaction(
    async (sql) =>
      new Set(
        (await sql.all<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'`)).map(
          ({ name }) => name,
        ),
      ),
  )
}

/** Walks that touch every row of a table that grows: without an index, or along one that holds all rows. Planned as the ledger's own driver does. */
async function fullScans(driver: Driver, partial: ReadonlySet<string>, text: string): Promise<string[]> {
  const parameters = Array.from({ length: (text.match(/\?/g) ?? []).length }, () => 1)
  const steps = await driver.transaction((sql) => sql.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, parameters))
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
    [...text.matchAll(/(?=\b(?:FROM|JOIN|UPDATE|INTO) (\w+) (?:AS )?(\w+))/g)].map(([, table, alias]) => [alias ?? '', table ?? '']),
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
  assert.deepEqual(await seen('WITH v(id) AS (VALUES (CAST(? AS TEXT))) SELECT x.seq FROM v JOIN events x ON x.mode = v.id'), ['SCAN x'])
  assert.deepEqual(await seen('SELECT employee FROM events'), ['SCAN events USING COVERING INDEX events_employee'])
  assert.deepEqual(await seen(`SELECT seq FROM operations WHERE state = 'pending'`), [])
})

void it('no statement of the loops walks through a whole table that grows', async (t) => {
  const driver = await emptyLedger(t)
  const partial = await partialIndexes(driver)
  const wrong: string[] = []
  const looked = new Set<string>()
  for (const [text, methods] of await statementsOfTheFlow()) {
    if ([...methods].every((method) => ASKED_BY_PEOPLE.has(method))) continue
    const most = withMostRows(text)
    if (looked.has(most)) continue
    looked.add(most)
    for (const step of await fullScans(driver, partial, most))
      wrong.push(`${[...methods].join(', ')}: ${step} in ${text.replaceAll(/\s+/g, ' ')}`)
  }
  assert.ok(looked.size > 50, `${looked.size} statements`)
  assert.ok([...looked].some((text) => text.length > 256 * 20))
  assert.deepEqual(wrong, [])
})

void it('no statement over listed rows finds events by their state: a backlog has as many in one state as there are', async (t) => {
  const driver = await emptyLedger(t)
  const wrong: string[] = []
  for (const text of new Set([...(await statementsOfTheFlow()).keys()].filter((one) => one.startsWith('WITH v')).map(withMostRows))) {
    const parameters = Array.from({ length: (text.match(/\?/g) ?? []).length }, () => 1)
    const steps = await driver.transaction((sql) => sql.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, parameters))
    if (steps.some(({ detail }) => detail.includes('INDEX events_state'))) wrong.push(text.slice(-200))
  }
  assert.deepEqual(wrong, [])
})
