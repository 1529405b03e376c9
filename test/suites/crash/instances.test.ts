import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { startPostgres } from '../../adapters/support/postgres.ts'
import { cutConnections } from './database/cut.ts'
import { expectAllDone, startUnderLoad } from './under-load.ts'

/** `KILL_ROUNDS=1` makes it the full size, with a kill of another instance and one at the end. */
const FULL = process.env['KILL_ROUNDS'] !== undefined

const server = await startPostgres({ alone: true })
after(() => server.close())

void it('three instances with their own loops survive kills, an orderly restart, one that hangs, connections that are cut, and a database that goes away: the directory is right and the books balance', async (t) => {
  const location = await server.database()
  const load = await startUnderLoad(t, location, {
    employees: FULL ? 300 : 50,
    seed: 20_261_103,
    loops: [null, 'intake,publish', 'provision,correlate'],
    withinMs: 180_000,
  })
  const { doubles, fleet, reach, started, watch } = load
  const kill = async (index: number): Promise<void> => {
    await fleet.kill(index)
    await doubles.bus.inject({ kind: 'expire-locks' })
  }
  await started(2, 0)
  await reach(0.1)
  assert.equal(await fleet.restart(2), 0, fleet.said())
  if (FULL) {
    await reach(0.15)
    await kill(1)
  }
  await reach(0.2)
  assert.ok((await cutConnections(location)) > 2)
  await reach(0.3)
  let killedAt = Date.now()
  await kill(0)
  await reach(0.45)
  await server.restart()
  await reach(0.55)
  fleet.freeze(2)
  await reach(0.7)
  fleet.thaw(2)
  if (FULL) {
    killedAt = Date.now()
    await kill(0)
  }
  await load.rest()
  await started(0, killedAt)
  assert.deepEqual(await fleet.stop(), [0, 0, 0], fleet.said())
  const totals = await expectAllDone(load)
  t.diagnostic(
    `${totals.messages} messages, ${totals.operations} operations, ${watch.calls.length} calls, ${totals.redelivered} redelivered`,
  )
})
