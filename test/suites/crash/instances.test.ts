import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { reconcile } from '../../../src/cli/support/reconcile.ts'
import { Client } from 'pg'
import { connectionOf, startPostgres } from '../../adapters/support/postgres.ts'
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

/** Ends every connection of the instances to their database, whatever is under way on it. */
async function cutConnections(location: string): Promise<void> {
  const client = new Client(connectionOf(location))
  await client.connect()
  const { rowCount } = await client.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  )
  await client.end()
  assert.ok(rowCount !== null && rowCount > 2)
}

void it('three instances with their own loops survive kills, an orderly restart, one that hangs, connections that are cut, and a database that goes away: the directory is right and the books balance', async (t) => {
  const history = makeHistory({ employees: FULL ? 300 : 50, seed: 20_261_103 })
  const doubles = await doublesFor(t)
  const watch = await watchUploads(doubles.entra.port)
  t.after(() => watch.close())
  const location = await server.database()
  await feedAll(t, doubles, history.lines)
  const fleet = startFleet([null, 'intake,publish', 'provision,correlate'], {
    ...watch.instead(doubles.environment),
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

  /** SIGTERM ends a process that has not come so far like any other. */
  const started = (index: number, since: number): Promise<void> =>
    until(
      `instance ${index} has started`,
      async () =>
        (await reader.listInstances(Date.now())).some(
          ({ name, startedAt }) => name === `instance-${index}` && startedAt >= since,
        ),
      60_000,
    )
  await started(2, 0)
  await reach(0.1)
  assert.equal(await fleet.restart(2), 0, fleet.said())
  await reach(0.15)
  await fleet.kill(1)
  await doubles.bus.inject({ kind: 'expire-locks' })
  await reach(0.2)
  await cutConnections(location)
  await reach(0.3)
  await fleet.kill(0)
  await doubles.bus.inject({ kind: 'expire-locks' })
  await reach(0.45)
  await server.restart()
  await reach(0.55)
  fleet.freeze(2)
  await reach(0.7)
  fleet.thaw(2)
  const killedAt = Date.now()
  await fleet.kill(0)
  await doubles.bus.inject({ kind: 'expire-locks' })
  await until(
    `everything is answered and told; they said ${fleet.said()}`,
    () => isAtRest(doubles, reader, history.lines.length),
    90_000,
    50,
  )
  await started(0, killedAt)
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
