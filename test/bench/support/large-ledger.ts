import { Client } from 'pg'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { postgresDriver } from '../../../src/adapters/ledger-sql/driver/postgres/driver-at.ts'
import type { Driver } from '../../../src/adapters/ledger-sql/driver/sql.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { startPostgres } from '../../adapters/support/postgres.ts'
import { connectionOf } from '../../adapters/support/postgres-process.ts'
import { failAll } from '../../suites/conformance/ledger/dead-letters.ts'
import { hrEvent, joiner, World } from '../../suites/conformance/ledger/world.ts'
import { grow } from '../grow.ts'

const EMPLOYEES = 1_000
const EVENTS_EACH = 10
const AT_ONCE = 200
/** The events that `seed` records. */
export const SEEDED = EMPLOYEES * EVENTS_EACH

/**
 * Fills an empty database with a ledger of yesterday: ten events of each employee, and all work
 * done. Of the last events a quarter are dead letters. The first 1,000 employees did real work, and
 * the others are copies of their rows.
 */
export async function fillLedger(empty: Driver, events: number): Promise<void> {
  await migrate(empty, 0)
  const world = new World(sqlLedger(empty, 'bench'))
  world.now = Date.now() - DAY_MS
  await seed(world, async (isLast) => {
    // One batch of each 200.
    if (isLast) await failAll(world)
    await confirmAll(world)
  })
  await world.publishAll()
  await copyAll(world)
  await grow(empty, Math.max(1, Math.round(events / SEEDED)))
  if (empty.dialect.name === 'postgres') await empty.transaction((sql) => sql.run('ANALYZE'))
}

/**
 * Ten events each of 1,000 employees, in rounds of one event each; `end` is for what is recorded
 * since it was called last, and hears whether the round is the last.
 */
export async function seed(world: World, end: (isLast: boolean) => Promise<unknown>): Promise<void> {
  for (let round = 0; round < EVENTS_EACH; round++)
    for (let from = 0; from < EMPLOYEES; from += AT_ONCE) {
      world.now += 10_000
      await world.record(...Array.from({ length: AT_ONCE }, (_, index) => eventOf(`p${from + index}`, round)))
      await end(round === EVENTS_EACH - 1)
    }
}

function eventOf(employee: string, round: number) {
  const id = `seed-${employee}-${round}`
  return round === 0
    ? joiner(id, employee)
    : hrEvent(id, employee, { title: `Title ${round}` }, { order: round })
}

/** From what is due to the end, all of it answered well. */
export async function confirmAll(world: World): Promise<void> {
  while ((await world.plan()).length > 0);
  for (let batch = await world.next(); batch; batch = await world.next())
    await world.answer(await world.accept(batch))
  world.now += 1_000
  while ((await world.finalize(500)) > 0);
}

/** Every dead letter has its copy on the queue for them. */
async function copyAll({ ledger, now }: World): Promise<void> {
  for (;;) {
    const letters = await ledger.listUncopiedDeadLetters(500)
    if (letters.length === 0) return
    await ledger.markDeadLettersCopied(
      letters.map(({ id }) => id),
      now,
    )
  }
}

export interface LargePostgres {
  /** Closed by who asks. */
  readonly driver: Driver
  /**
   * What the server does to a table of itself when a fifth of it is new, and so has done to all of a
   * large ledger: without it, every read looks whether others may see a row.
   */
  vacuum(): Promise<void>
}

/** An empty database of a server with room for a large one. */
export async function largePostgres(stack: AsyncDisposableStack): Promise<LargePostgres> {
  const settings = ['shared_buffers=1GB', 'autovacuum=on']
  const server = stack.adopt(await startPostgres({ settings }), (it) => it.close())
  const location = await server.database()
  const auth = { kind: 'password' as const, password: null }
  return {
    driver: postgresDriver({ location, auth, connections: 4, statementMs: 600_000 }),
    vacuum: () => vacuum(location),
  }
}

/** See `LargePostgres`. Not in a transaction, as a driver would. */
export async function vacuum(location: string): Promise<void> {
  const client = new Client(connectionOf(location))
  await client.connect()
  await client.query('VACUUM ANALYZE')
  await client.end()
}
