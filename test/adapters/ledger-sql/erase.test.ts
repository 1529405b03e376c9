import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it, type TestContext } from 'node:test'
import { openPostgresLedger } from '../../../src/adapters/ledger-sql/driver/postgres/client.ts'
import { rewriteTables } from '../../../src/adapters/ledger-sql/driver/postgres/rewrite.ts'
import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { hrEvent, joiner, leaver, messageOf, World } from '../../suites/conformance/ledger/world.ts'
import { driverAt, startPostgres } from '../support/postgres.ts'

const server = await startPostgres()
after(() => server.close())
const auth = { kind: 'password', password: null } as const

const PEOPLE = 60
/** A word that stands nowhere else, in whichever file it is found. */
const canary = (kind: string, employee: number): string => `canary-${kind}-${employee}-`
const employee = (n: number): string => canary('id', n)
const KINDS = ['id', 'event', 'first', 'second', 'third', 'body', 'detail'] as const

/**
 * Hires, changes, confirmations, failures with the words of the service, dead letters with what
 * they came in, and leavings.
 */
async function live(world: World): Promise<void> {
  let messages = 0
  const everyone = Array.from({ length: PEOPLE }, (_, n) => n)
  const all = async (
    make: (n: number) => ReturnType<typeof joiner>,
    end: (world: World) => Promise<unknown>,
  ): Promise<void> => {
    for (let from = 0; from < PEOPLE; from += 20) {
      const part = everyone.slice(from, from + 20)
      await world.intake(
        part.map((n) => ({
          ...messageOf(++messages, make(n)),
          original: {
            messageId: null,
            sessionId: null,
            contentType: null,
            body: canary('body', n).repeat(3),
            properties: {},
          },
        })),
      )
      await end(world)
    }
  }
  const confirm = (): Promise<unknown> => world.confirmAll()
  await all(
    (n) => joiner(`${canary('event', n)}1`, employee(n), { title: canary('first', n).repeat(20) }),
    confirm,
  )
  await all(
    (n) =>
      hrEvent(
        `${canary('event', n)}2`,
        employee(n),
        { title: canary('second', n).repeat(200) },
        { order: 2 },
      ),
    confirm,
  )
  await all(
    (n) => hrEvent(`${canary('event', n)}3`, employee(n), { title: canary('third', n) }, { order: 3 }),
    async () => {
      const sent = await world.send()
      for (const [employee, operation] of sent.operations) {
        const n = Number(employee.split('-')[2])
        const record = world.logRecord(employee, {
          status: 'failure',
          code: 'InvalidValue',
          reason: canary('detail', n),
        })
        await world.correlate({ joins: [{ record, operation, interim: 'failed' }] })
      }
      await world.finalize()
    },
  )
  await all((n) => leaver(`${canary('event', n)}4`, employee(n)), confirm)
}

/** Which words are in the files, by the number of the person they are of. */
function found(files: readonly string[]): ReadonlyMap<number, ReadonlySet<string>> {
  const there = new Map<number, Set<string>>()
  for (const file of files) {
    const text = readFileSync(file, 'latin1')
    for (const [, kind, n] of text.matchAll(/canary-([a-z]+)-(\d+)-/g)) {
      const words = there.get(Number(n)) ?? new Set()
      there.set(Number(n), words.add(kind ?? ''))
    }
  }
  return there
}

async function eraseOdd(world: World): Promise<readonly boolean[]> {
  const clean: boolean[] = []
  for (let n = 1; n < PEOPLE; n += 2) {
    const result = await world.ledger.eraseEmployee(
      { employeeId: employee(n), actor: 'ann', justification: 'asked to' },
      world.now,
    )
    assert.ok(result)
    clean.push(result.filesClean)
  }
  return clean
}

function expectOnlyEven(there: ReadonlyMap<number, ReadonlySet<string>>): void {
  const left = [...there].filter(([n]) => n % 2 === 1).map(([n, words]) => `${n}: ${[...words].join(', ')}`)
  assert.deepEqual(left, [])
  for (let n = 0; n < PEOPLE; n += 2)
    assert.ok((there.get(n)?.size ?? 0) >= 4, `what is not erased stays: ${n}`)
}

async function worldOn(t: TestContext): Promise<{ world: World; files: () => string[]; path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-erase-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'ledger.db')
  const ledger = await openSqliteLedger({ path, now: Date.now })
  t.after(() => ledger.close())
  return {
    world: new World(ledger),
    files: () => readdirSync(folder).map((name) => join(folder, name)),
    path,
  }
}

void it('on SQLite nothing of an erased employee is left in any file, and other employees stay', async (t) => {
  const { world, files } = await worldOn(t)
  await live(world)
  const before = found(files())
  for (const kind of KINDS) assert.ok(before.get(1)?.has(kind), `${kind} was there`)
  assert.deepEqual(new Set(await eraseOdd(world)), new Set([true]))
  expectOnlyEven(found(files()))
})

void it('on SQLite a reader that delays an erasure is reported, and the next erasure removes what it kept', async (t) => {
  const { world, files, path } = await worldOn(t)
  await live(world)
  const { DatabaseSync } = await import('node:sqlite')
  const reader = new DatabaseSync(path, { readOnly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT COUNT(*) FROM events').get()
  const erase = async (n: number): Promise<boolean | undefined> =>
    (
      await world.ledger.eraseEmployee(
        { employeeId: employee(n), actor: 'ann', justification: 'asked to' },
        world.now,
      )
    )?.filesClean
  assert.equal(await erase(1), false)
  assert.ok(found(files()).has(1))
  reader.exec('COMMIT')
  reader.close()
  assert.equal(await erase(3), true)
  assert.deepEqual(
    [found(files()).has(1), found(files()).has(3), found(files()).has(5)],
    [false, false, true],
  )
})

void it(
  'on PostgreSQL the files keep what was erased until the tables are written anew',
  { skip: !server.own && 'the files of the server are elsewhere' },
  async (t) => {
    const location = await server.database()
    const ledger = await openPostgresLedger({
      location,
      auth,
      instance: 'test',
      connections: 2,
      statementMs: 10_000,
      now: Date.now,
    })
    t.after(() => ledger.close())
    const world = new World(ledger)
    await live(world)
    assert.deepEqual(new Set(await eraseOdd(world)), new Set([false]))
    const driver = driverAt(location)
    t.after(() => driver.close())
    const [folder] = await driver.transaction((sql) =>
      sql.all<{ path: string }>(
        `SELECT current_setting('data_directory') || '/base/' || CAST(oid AS TEXT) AS path
         FROM pg_database WHERE datname = current_database()`,
      ),
    )
    const files = (): string[] =>
      readdirSync(folder?.path ?? '').map((name) => join(folder?.path ?? '', name))
    await driver.transaction((sql) => sql.run('CHECKPOINT'))
    assert.ok(found(files()).get(1)?.has('first'))
    const tables: string[] = []
    await rewriteTables({ location, auth }, (name) => tables.push(name))
    assert.ok(tables.includes('events') && tables.includes('operations'))
    expectOnlyEven(found(files()))
  },
)
