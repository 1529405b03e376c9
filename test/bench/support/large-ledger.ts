import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import type { Driver } from '../../../src/adapters/ledger-sql/driver/sql.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { failAll } from '../../suites/conformance/ledger/dead-letters.ts'
import { hrEvent, joiner, World } from '../../suites/conformance/ledger/world.ts'
import { grow } from '../grow.ts'

const EMPLOYEES = 1_000
const EVENTS_EACH = 10
const AT_ONCE = 200

/**
 * Fills an empty database with a ledger of yesterday: ten events of each employee, of which the last
 * is a dead letter. The first 1,000 employees did real work, and the others are copies of their
 * rows.
 */
export async function fillLedger(empty: Driver, events: number): Promise<void> {
  await migrate(empty, 0)
  const world = new World(sqlLedger(empty, 'bench'))
  world.now = Date.now() - DAY_MS
  for (let round = 0; round < EVENTS_EACH; round++)
    for (let from = 0; from < EMPLOYEES; from += AT_ONCE) {
      world.now += 10_000
      await world.record(...Array.from({ length: AT_ONCE }, (_, index) => eventOf(`p${from + index}`, round)))
      if (round === EVENTS_EACH - 1) await failAll(world)
      else await confirmAll(world)
    }
  await grow(empty, Math.max(1, Math.round(events / (EMPLOYEES * EVENTS_EACH))))
  if (empty.dialect.name === 'postgres') await empty.transaction((sql) => sql.run('ANALYZE'))
}

function eventOf(employee: string, round: number) {
  const id = `seed-${employee}-${round}`
  return round === 0
    ? joiner(id, employee)
    : hrEvent(id, employee, { title: `Title ${round}` }, { order: round })
}

async function confirmAll(world: World): Promise<void> {
  while ((await world.plan()).length > 0);
  for (let batch = await world.next(); batch; batch = await world.next())
    await world.answer(await world.accept(batch))
  world.now += 1_000
  while ((await world.finalize(500)) > 0);
}
