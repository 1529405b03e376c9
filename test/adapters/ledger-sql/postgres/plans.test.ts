import assert from 'node:assert/strict'
import { after, it, type TestContext } from 'node:test'
import { Client } from 'pg'
import { beginning, postgresDialect } from '../../../../src/adapters/ledger-sql/driver/postgres/dialect.ts'
import { encode, numbered } from '../../../../src/adapters/ledger-sql/driver/postgres/text.ts'
import { migrate } from '../../../../src/adapters/ledger-sql/schema.ts'
import type { Parameter, Sql } from '../../../../src/adapters/ledger-sql/driver/sql.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { driverAt, startPostgres } from '../../support/postgres.ts'
import { connectionOf } from '../../support/postgres-process.ts'
import {
  GROWING,
  ofTheLoops,
  type Statement,
  statementsOfTheFlow,
  withMostRows,
} from '../../support/statements.ts'

const server = await startPostgres()
after(() => server.close())
const flow: ReadonlyMap<string, Statement> = await statementsOfTheFlow(postgresDialect)

/**
 * In a smaller table 256 rows are found soonest by a walk; once it has grown it is looked at again,
 * and the plan made anew.
 */
const ROWS = 25_000

/**
 * What is not named here is a number that counts up, a text of its own, or nothing where nothing
 * may be.
 */
const SETTLED: Readonly<Record<string, string>> = {
  'events.state': `'confirmed'`,
  'operations.state': `'confirmed'`,
  'batches.state': `'accepted'`,
  'outbox.state': `'confirmed'`,
  'outbox.published_at': 'n',
  'log_records.operation': 'n',
  // Some events a person.
  'events.employee': `'p-' || n / 5`,
  'operations.employee': `'p-' || n / 5`,
  'log_records.employee': `'p-' || n / 5`,
  'outbox.employee': `'p-' || n / 5`,
  'operations.batch': 'n / 50',
  'log_records.change_id': `'c-' || n / 5`,
  'employees.accepted_active': '1',
  'employees.urgent': '0',
  'employees.unanswered': '0',
  'leaver_cases.ended_at': 'n',
  'findings.code': `'c-' || n % 10`,
  'findings.settled_at': 'n',
}
/** A backlog: everything waits for something. */
const OPEN: Readonly<Record<string, string>> = {
  ...SETTLED,
  'events.state': `'received'`,
  'operations.state': `'pending'`,
  'batches.state': `'open'`,
  'outbox.published_at': 'NULL',
  'log_records.operation': 'NULL',
  'employees.plan_at': 'n',
  'employees.dirty_at': 'n',
  'leaver_cases.ended_at': 'NULL',
  'findings.settled_at': 'NULL',
}

interface Column {
  readonly name: string
  readonly type: string
  readonly optional: boolean
}

/**
 * A ledger of that many rows a table, and a connection to it inside a transaction as the driver
 * begins one.
 */
async function filled(t: TestContext, values: Readonly<Record<string, string>> | null): Promise<Client> {
  const location = await server.database()
  const driver = driverAt(location)
  await migrate(driver, 0)
  await driver.transaction(async (sql) => {
    for (const table of values ? GROWING : []) await fill(sql, table, values ?? {})
    if (values) await sql.run('ANALYZE')
  })
  await driver.close()
  const client = new Client(connectionOf(location))
  await client.connect()
  t.after(() => client.end())
  await client.query(beginning('write', null))
  return client
}

async function fill(sql: Sql, table: string, values: Readonly<Record<string, string>>): Promise<void> {
  const columns = await sql.all<Column>(
    `SELECT CAST(column_name AS TEXT) AS name, CAST(data_type AS TEXT) AS type, CASE WHEN is_nullable = 'YES' OR column_default IS NOT NULL THEN 1 ELSE 0 END AS optional
     FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ?`,
    [table],
  )
  const given = columns
    .map(
      ({ name, type, optional }) =>
        [
          name,
          values[`${table}.${name}`] ?? (optional ? null : type === 'text' ? `'${name}-' || n` : 'n'),
        ] as const,
    )
    .filter(([, value]) => value !== null)
  await sql.run(
    `INSERT INTO ${table} (${given.map(([name]) => name).join(', ')}) SELECT ${given.map(([, value]) => value).join(', ')} FROM generate_series(1, ${ROWS}) AS n`,
  )
}

interface Node {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly Node[]
}
const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)]

interface Index {
  readonly table: string
  /** Holds only what is open. */
  readonly partial: boolean
}

async function indexesOf(client: Client): Promise<ReadonlyMap<string, Index>> {
  const { rows } = await client.query<{ name: string } & Index>(
    `SELECT i.relname AS name, t.relname AS table, x.indpred IS NOT NULL AS partial
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid`,
  )
  return new Map(rows.map((row) => [row.name, row]))
}

/**
 * Plans as the loops get them: made once for all, as far as the server tells (from PostgreSQL 16),
 * and made for the values at hand.
 */
async function plansOf(
  client: Client,
  text: string,
  parameters: readonly Parameter[],
  generic: boolean,
): Promise<Node[]> {
  const explained = async (options: string, values: readonly Parameter[]): Promise<Node[]> => {
    const { rows } = await client.query<{ 'QUERY PLAN': [{ readonly Plan: Node }] }>(
      `EXPLAIN (${options}FORMAT JSON) ${numbered(text)}`,
      values.map(encode),
    )
    return rows.flatMap(({ 'QUERY PLAN': [{ Plan: plan }] }) => nodesOf(plan))
  }
  return [...(generic ? await explained('GENERIC_PLAN, ', []) : []), ...(await explained('', parameters))]
}

/**
 * Walks that touch every row of a table that grows: without an index, or along one that holds all
 * rows, or, for listed rows, along the states, of which a backlog has as many alike as there are.
 */
function walks(nodes: readonly Node[], indexes: ReadonlyMap<string, Index>, listed: boolean): string[] {
  return nodes.flatMap((node) => {
    const {
      'Node Type': type,
      'Relation Name': relation,
      'Index Name': name = '',
      'Index Cond': condition,
    } = node
    const index = indexes.get(name)
    const table = relation ?? index?.table ?? ''
    if (!GROWING.includes(table)) return []
    if (type === 'Seq Scan') return [`${type} of ${table}`]
    if (index && !index.partial && condition === undefined) return [`${type} of all of ${name}`]
    return listed && name === 'events_state' ? [`${type} by ${name}`] : []
  })
}

/** `most`: also over as many listed rows as there ever are. */
async function wrongAt(
  client: Client,
  statements: Iterable<readonly [string, Statement]>,
  most: boolean,
): Promise<{ readonly looked: number; readonly wrong: readonly string[] }> {
  const indexes = await indexesOf(client)
  const { rows } = await client.query<{ yes: boolean }>(
    `SELECT CAST(current_setting('server_version_num') AS INT) >= 160000 AS yes`,
  )
  const generic = rows[0]?.yes === true
  const looked = new Set<string>()
  const wrong = new Set<string>()
  for (const [text, statement] of statements) {
    if (!ofTheLoops(statement)) continue
    const { parameters, methods } = statement
    for (const one of [{ text, parameters }, ...(most ? [withMostRows(text, parameters)] : [])]) {
      const key = JSON.stringify(one.parameters.some(Array.isArray) ? one : one.text)
      if (looked.has(key)) continue
      looked.add(key)
      for (const walk of walks(
        await plansOf(client, one.text, one.parameters, generic),
        indexes,
        text.startsWith('WITH v'),
      ))
        wrong.add(`${[...methods].join(', ')}: ${walk} in ${text.replaceAll(/\s+/g, ' ').slice(-300)}`)
    }
  }
  return { looked: looked.size, wrong: [...wrong] }
}

void it('a walk through a whole table is seen when there is one', async (t) => {
  const client = await filled(t, null)
  const seen = async (text: string, ...parameters: readonly Parameter[]): Promise<readonly string[]> => {
    const { wrong } = await wrongAt(
      client,
      [[text, { methods: new Set(['recordMessages']), parameters }]],
      true,
    )
    return wrong.map((line) => line.replace(/ in [A-Z].*$/, ''))
  }
  assert.deepEqual(await seen('SELECT x.seq FROM events x WHERE x.mode = ?', 'delta'), [
    'recordMessages: Seq Scan of events',
  ])
  assert.deepEqual(await seen('SELECT employee FROM events ORDER BY employee'), [
    'recordMessages: Index Only Scan of all of events_employee',
  ])
  assert.deepEqual(
    await seen(
      'WITH v(id) AS (VALUES (CAST(? AS TEXT))) SELECT x.seq FROM v JOIN events x ON x.mode = v.id',
      'delta',
    ),
    ['recordMessages: Seq Scan of events'],
  )
  assert.deepEqual(await seen(`SELECT seq FROM operations WHERE state = 'pending'`), [])
})

// While a table is that small, no list of its rows is long.
for (const [when, values, most] of [
  ['on tables that were made a moment ago', null, false],
  ['when everything is settled', SETTLED, true],
  ['when everything is open', OPEN, true],
] as const)
  void it(`no statement of the loops walks through a whole table that grows: ${when}`, async (t) => {
    const { looked, wrong } = await wrongAt(await filled(t, values), flow, most)
    assert.ok(looked > 100, `${looked} statements`)
    assert.deepEqual(wrong, [])
  })

/** What these read about an employee has to stay true until they have written. */
const LOCKING: readonly (keyof Ledger)[] = [
  'acknowledgeLeavers',
  'beginDirectWrite',
  'beginEmergencyCall',
  'blockEmployees',
  'commitPlan',
  'endDeadLetters',
  'endDirectWrite',
  'endEmergencyCall',
  'expireEscrowedOperations',
  'expireOperations',
  'finalizeOperations',
  'foldEvents',
  'orderSending',
  'putBackDeadLetters',
  'recordBatchAnswer',
  'recordDifferences',
  'recordLogRecords',
  'refuseBrake',
  'releaseBrake',
  'resendLeaverRest',
  'settleLeavers',
  'takeSlot',
  'unblockEmployee',
]

void it('what reads an employee and then writes about them locks them first', () => {
  const locks = new Set(
    [...flow].flatMap(([text, { methods }]) => (text.endsWith(' FOR UPDATE OF p') ? [...methods] : [])),
  )
  assert.deepEqual(
    LOCKING.filter((method) => !locks.has(method)),
    [],
  )
})
