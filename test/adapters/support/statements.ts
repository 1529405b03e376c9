import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type {
  Dialect,
  Driver,
  Parameter,
  Sql,
  SqlValue,
} from '../../../src/adapters/ledger-sql/driver/sql.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { ledgerCases } from '../../suites/conformance/ledger.ts'
import { World } from '../../suites/conformance/ledger/world.ts'
import { emptying } from './memory-ledger.ts'

export const GROWING = [
  'events',
  'originals',
  'operations',
  'records',
  'log_records',
  'outbox',
  'messages',
  'employees',
  'calls',
  'batches',
  'leaver_cases',
  'emergency_calls',
  'findings',
  'account_names',
]
/** People ask these now and then; they may read everything. */
const ASKED_BY_PEOPLE = new Set<keyof Ledger>([
  'readCounts',
  'readAccess',
  'readTrace',
  'eraseEmployee',
  'resendLeaverRest',
  'readHoldings',
  // At a start that is then refused.
  'countElsewhere',
])

export interface Statement {
  /** The ledger's methods that ran it. */
  readonly methods: Set<keyof Ledger>
  /** What it was run with the first time. */
  readonly parameters: readonly Parameter[]
}

/** Statements by their text, as they are written for `dialect`. */
class Recorder {
  readonly statements = new Map<string, Statement>()
  readonly #dialect: Dialect
  #method: keyof Ledger = 'ping'
  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  driver(inner: Driver): Driver {
    const note = (text: string, parameters: readonly Parameter[] = []): Plain => {
      const there = this.statements.get(text) ?? { methods: new Set<keyof Ledger>(), parameters }
      there.methods.add(this.#method)
      this.statements.set(text, there)
      return plain(text.replaceAll(this.#dialect.clock, 'NULL'), parameters)
    }
    const watched = (sql: Sql): Sql => ({
      ...sql,
      dialect: this.#dialect,
      all: (text, parameters) => sql.all(...note(text, parameters)),
      run: (text, parameters) => sql.run(...note(text, parameters)),
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

type Plain = readonly [text: string, parameters: readonly SqlValue[]]

/**
 * SQLite has one transaction at a time, and no words for more; of lists it makes rows, each value
 * once.
 */
function plain(text: string, parameters: readonly Parameter[]): Plain {
  const unlocked = text.replaceAll(/ FOR UPDATE(?: SKIP LOCKED)?(?: OF \w+)?/g, '')
  const lists = parameters.filter(Array.isArray) as (readonly SqlValue[])[]
  const places = new Map([...new Set(lists.flat())].map((value, index) => [value, `?${index + 1}`]))
  const rows = lists[0]?.map((_, row) => `(${lists.map((list) => places.get(list[row] ?? null)).join(', ')})`)
  return [
    unlocked.replace(/SELECT [\w, ]+ FROM unnest\(.*?\) AS given\([^)]*\)/, `VALUES ${rows?.join(', ')}`),
    [...places.keys(), ...(parameters.slice(lists.length) as SqlValue[])],
  ]
}

/**
 * Every statement of every case of the conformance suite. They run on SQLite, which is quick,
 * whichever database they are written for.
 */
export async function statementsOfTheFlow(dialect: Dialect): Promise<ReadonlyMap<string, Statement>> {
  const recorder = new Recorder(dialect)
  const driver = openSqlite(':memory:')
  await migrate(driver, 0)
  // One ledger that is emptied: most of the time would go into making tables and compiling.
  const empty = await emptying(driver)
  for (const { run } of ledgerCases) {
    const ledger = sqlLedger(recorder.driver(driver), 'test')
    await run(new World(recorder.ledger(ledger)))
    await empty()
  }
  await driver.close()
  return recorder.statements
}

export const ofTheLoops = ({ methods }: Statement): boolean =>
  ![...methods].every((method) => ASKED_BY_PEOPLE.has(method))

const MOST_ROWS = 256
/**
 * A batch. PostgreSQL looks at how long a list is for the first few runs of a statement only, and
 * plans it for ten rows from then on.
 */
const LISTED_AT_FIRST = 50
const LISTED = /^(WITH v\([^)]*\) AS \(VALUES )(\((?:CAST\(\? AS \w+\)(?:, )?)+\))((?:, \2)*)/

/**
 * A statement over listed rows, with as many of them as it usually gets at most: what the planner
 * does depends on how many there are.
 */
export function withMostRows(
  text: string,
  parameters: readonly Parameter[],
): { readonly text: string; readonly parameters: readonly Parameter[] } {
  if (parameters.some(Array.isArray))
    return {
      text,
      parameters: parameters.map((one) =>
        Array.isArray(one) ? Array.from({ length: LISTED_AT_FIRST }, () => one[0]) : one,
      ),
    }
  const [whole, before = '', tuple = '', more = ''] = LISTED.exec(text) ?? []
  if (whole === undefined) return { text, parameters }
  const questions = (part: string): number => part.split('?').length - 1
  const row = parameters.slice(0, questions(tuple))
  return {
    text: before + Array.from({ length: MOST_ROWS }, () => tuple).join(', ') + text.slice(whole.length),
    parameters: [
      ...Array.from({ length: MOST_ROWS }, () => row).flat(),
      ...parameters.slice(questions(tuple) + questions(more)),
    ],
  }
}
