import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { startPostgres } from '../../../adapters/support/postgres.ts'
import { connectionOf } from '../../../adapters/support/postgres-process.ts'
import type { Ending } from '../site.ts'
import { expectAllDone, startUnderLoad } from '../under-load.ts'
import type { Scenario } from './scenario.ts'

const EVERY_MS = 1_000

/**
 * Ends every connection to this database, whatever is under way on it, and says how many there
 * were.
 */
export async function cutConnections(location: string): Promise<number> {
  const client = new Client(connectionOf(location))
  await client.connect()
  const { rowCount } = await client.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  )
  await client.end()
  return rowCount ?? 0
}

/** Connections are cut every second until half of the work is done. */
export const cutUnderLoad: Scenario = async (t: Ending, { employees, seed, say }) => {
  const server = await startPostgres({ alone: true })
  t.after(() => server.close())
  const location = await server.database()
  const load = await startUnderLoad(t, location, {
    employees,
    seed,
    loops: [null, null],
    withinMs: 600_000,
  })
  await load.reach(0.02)
  let [cuts, connections] = [0, 0]
  while ((await load.done().catch(() => 0)) < 0.5) {
    connections += await cutConnections(location)
    cuts += 1
    await sleep(EVERY_MS)
  }
  await load.rest()
  await load.fleet.stop()
  const totals = await expectAllDone(load)
  say(
    `${connections} connections cut in ${cuts} rounds; ${totals.messages} messages, ${totals.redelivered} redelivered`,
  )
}
