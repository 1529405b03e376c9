import assert from 'node:assert/strict'
import { reconcile } from '../../../src/cli/support/reconcile.ts'
import type { Doubles } from '../../../src/cli/doubles/doubles.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { Totals } from '../../../src/core/ledger/port/inspect.ts'
import { until } from '../../adapters/support/until.ts'
import { differences } from '../../fakes/directory.ts'
import { type Fleet, inFlightTwice, startFleet } from '../../fakes/fleet.ts'
import { type History, makeHistory } from '../../fakes/history.ts'
import { type Watch, watchUploads } from '../../fakes/watch.ts'
import { openReader } from './reader.ts'
import { doublesFor, type Ending, feedAll, isAtRest } from './site.ts'

/** Several instances at work on one ledger, while something is done to them or to its database. */
export interface UnderLoad {
  readonly history: History
  readonly doubles: Doubles
  readonly fleet: Fleet
  readonly watch: Watch
  readonly reader: Ledger
  readonly environment: Readonly<Record<string, string>>
  /** How much is done: 0 to 1. */
  done(): Promise<number>
  /** How many messages were taken in and events finished so far. */
  steps(): Promise<number>
  reach(share: number): Promise<void>
  /** An instance that was started at this time or later has begun; before, SIGTERM ends it like any process. */
  started(index: number, since: number): Promise<void>
  /** Something is taken in or finished that was not so far. */
  goesOn(withinMs: number): Promise<void>
  /** Everything is answered and published. */
  rest(): Promise<void>
}

export interface LoadOptions {
  readonly employees: number
  readonly seed: number
  /** What each instance runs; `null`: everything. */
  readonly loops: readonly (string | null)[]
  readonly withinMs: number
}

/** Puts a history on the queue and starts the instances. */
export async function startUnderLoad(
  t: Ending,
  location: string,
  { employees, seed, loops, withinMs }: LoadOptions,
): Promise<UnderLoad> {
  const history = makeHistory({ employees, seed })
  const doubles = await doublesFor(t)
  const watch = await watchUploads(doubles.entra.port)
  t.after(() => watch.close())
  await feedAll(t, doubles, history.lines)
  const environment = {
    ...watch.instead(doubles.environment),
    LEDGER: location,
    LEASE_MS: '1500',
    HTTP_TIMEOUT_MS: '1000',
    INCOMPLETE_MS: '600000',
    LOG_LEVEL: 'warn',
  }
  const fleet = startFleet(loops, environment)
  t.after(() => fleet.abandon())
  const reader = await openReader(location)
  t.after(() => reader.close())
  const done = async (): Promise<number> => {
    const { messages, finished } = await reader.readTotals()
    return (messages / history.lines.length + finished / history.events) / 2
  }
  const steps = async (): Promise<number> => {
    const { messages, finished } = await reader.readTotals()
    return messages + finished
  }
  /** The database may be away while it is asked. */
  const become = (what: string, isSo: () => Promise<boolean>, everyMs: number): Promise<void> =>
    until(`${what}; they said ${fleet.said()}`, () => isSo().catch(() => false), withinMs, everyMs)
  return {
    history,
    doubles,
    fleet,
    watch,
    reader,
    environment,
    done,
    steps,
    reach: (share) => become(`${share * 100} % is done`, async () => (await done()) >= share, 25),
    started: (index, since) =>
      become(
        `instance ${index} has started`,
        async () =>
          (await reader.listInstances(Date.now())).some(
            ({ name, startedAt }) => name === `instance-${index}` && startedAt >= since,
          ),
        50,
      ),
    goesOn: async (within) => {
      const before = await steps()
      await until(`work goes on; they said ${fleet.said()}`, async () => (await steps()) > before, within)
    },
    rest: () =>
      become('everything is answered and told', () => isAtRest(doubles, reader, history.lines.length), 50),
  }
}

/** Nothing is lost, nothing is doubled, and the directory is as HR said. */
export async function expectAllDone({ doubles, history, reader, watch }: UnderLoad): Promise<Totals> {
  assert.deepEqual(differences(await doubles.entra.directory(), history.oracle), [])
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
  return totals
}
