import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { reconcile } from '../../../src/cli/support/reconcile.ts'
import { startPostgres } from '../../adapters/support/postgres.ts'
import { until } from '../../adapters/support/until.ts'
import { differences } from '../../fakes/directory.ts'
import { inFlightTwice, startFleet } from '../../fakes/fleet.ts'
import { makeHistory } from '../../fakes/history.ts'
import { watchUploads } from '../../fakes/watch.ts'
import { openReader } from './reader.ts'
import { doublesFor, feedAll, isAtRest } from './site.ts'

/** `KILL_ROUNDS=1` makes it the full size. */
const FULL = process.env['KILL_ROUNDS'] !== undefined

const server = await startPostgres({ alone: true })
after(() => server.close())

void it('three instances with their own loops survive kills, one that hangs, and a database that goes away: the directory is right and the books balance', async (t) => {
  const history = makeHistory({ employees: FULL ? 300 : 150, seed: 20_261_103 })
  const doubles = await doublesFor(t)
  const watch = await watchUploads(doubles.entra.port)
  t.after(() => watch.close())
  const location = await server.database()
  await feedAll(t, doubles, history.lines)
  const fleet = startFleet([null, 'intake,publish', 'provision,correlate'], {
    ...doubles.environment,
    PROVISIONING_ENDPOINT: (doubles.environment['PROVISIONING_ENDPOINT'] ?? '').replace(
      `:${doubles.entra.port}/`,
      `:${watch.port}/`,
    ),
    LEDGER: location,
    LEASE_MS: '1500',
    HTTP_TIMEOUT_MS: '1000',
    INCOMPLETE_MS: '120000',
    LOG_LEVEL: 'warn',
  })
  t.after(() => fleet.abandon())
  const reader = await openReader(location)
  t.after(() => reader.close())
  const done = async (): Promise<number> => {
    const { messages, finished } = await reader.readTotals()
    return (messages / history.lines.length + finished / history.events) / 2
  }
  const reach = (share: number): Promise<void> =>
    until(
      `${share * 100} % is done; they said ${fleet.said()}`,
      async () => (await done()) >= share,
      60_000,
      25,
    )

  await reach(0.1)
  await fleet.kill(1)
  await doubles.bus.inject({ kind: 'expire-locks' })
  await reach(0.3)
  await fleet.kill(0)
  await doubles.bus.inject({ kind: 'expire-locks' })
  await reach(0.45)
  await server.restart()
  await reach(0.55)
  fleet.freeze(2)
  await reach(0.7)
  fleet.thaw(2)
  await fleet.kill(0)
  await doubles.bus.inject({ kind: 'expire-locks' })
  await until(
    `everything is answered and told; they said ${fleet.said()}`,
    () => isAtRest(doubles, reader, history.lines.length),
    90_000,
    50,
  )
  assert.deepEqual(await fleet.stop(), [0, 0, 0], fleet.said())

  const directory = await doubles.entra.directory()
  assert.deepEqual(differences(directory, history.oracle), [])
  const { totals, stateCounts } = await reader.readCounts()
  assert.deepEqual(reconcile(totals, stateCounts).wrong, [])
  assert.deepEqual(
    [totals.messages, totals.events, totals.finished, totals.rejected],
    [history.lines.length, history.events, history.events, 0],
  )
  assert.equal(
    (await doubles.bus.counts('hr-outcomes')).active,
    history.events,
    'the bus drops an outcome that was sent twice',
  )
  assert.deepEqual(watch.changedOnTheWay(), [])
  assert.deepEqual(await inFlightTwice(reader, history.oracle.keys()), [])
  t.diagnostic(
    `${totals.messages} messages, ${totals.operations} operations, ${watch.calls.length} calls, ${totals.redelivered} redelivered`,
  )
})
