import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '../../adapters/support/postgres.ts'
import { until } from '../../adapters/support/until.ts'
import { chance as randomOf, makeHistory } from '../../fakes/history.ts'
import { start } from '../../fakes/rollcall.ts'
import { sharedHistory, sharedHistoryIsThere } from '../../fakes/shared-history.ts'
import { type Point, pointOf, pointsOf, somePoints, textOf } from './points/point.ts'
import { makeStory, storyOf } from './points/story.ts'
import { survive } from './points/survive.ts'
import { openReader } from './reader.ts'
import { doublesFor, feedAll, folderFor } from './site.ts'

/**
 * `KILL_ROUNDS=10` makes it a hundred kills an engine, each round with another history and of the
 * full size.
 */
const FULL = process.env['KILL_ROUNDS'] !== undefined
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 1)
/**
 * Where the gate kills: the service has taken the call, and the ledger does not know it. On
 * PostgreSQL the gate has the kills of `instances.test.ts`.
 */
const IN_GATE = ['after entra.bulkUpload #1']
const KILLS = FULL ? 10 : IN_GATE.length
const SEED = Number(process.env['SEED'] ?? 1)

/**
 * Every process has these effects at least so often. `npm run crash -- --all` has one run for each
 * point of all effects.
 */
const EFFECTS = {
  'ledger.recordMessages': 2,
  'bus.settle': 2,
  'ledger.commitPlan': 2,
  'ledger.takeSlot': 2,
  'entra.bulkUpload': 2,
  'ledger.recordBatchAnswer': 2,
  'ledger.recordLogRecords': 2,
  'ledger.finalizeOperations': 1,
  'bus.publish': 1,
  'ledger.markOutcomesPublished': 1,
}

let server: PostgresServer | null = null
after(() => server?.close())
const ENGINES: Readonly<Record<string, (folder: string) => Promise<string>>> = {
  SQLite: async (folder) => join(folder, 'ledger.db'),
  ...(FULL && { PostgreSQL: async () => (server ??= await startPostgres()).database() }),
}

/**
 * Some of the points, in the order of the flow, so that the next process has something left to do.
 */
function pointsFor(seed: number): readonly Point[] {
  if (!FULL) return IN_GATE.flatMap((text) => pointOf(text) ?? [])
  const names = Object.keys(EFFECTS)
  return somePoints(pointsOf(EFFECTS, 2), KILLS, randomOf(seed)).toSorted(
    (a, b) => names.indexOf(a.effect) - names.indexOf(b.effect),
  )
}

for (const [engine, locationIn] of Object.entries(ENGINES))
  for (let round = 0; round < ROUNDS; round++)
    void it(`a connector on ${engine} killed at ${KILLS} of its points loses nothing, counts nothing twice and ends with the right directory${ROUNDS > 1 ? ` (history ${round + 1})` : ''}`, async (t) => {
      const story = makeStory({
        employees: FULL ? 600 : 12,
        seed: SEED + round,
        notices: engine === 'SQLite',
      })
      const points = pointsFor(SEED + round + engine.length)
      const { died } = await survive(t, await locationIn(await folderFor(t)), points, story)
      t.diagnostic(`died ${died.map(textOf).join(', ')}`)
      assert.ok(FULL ? died.length > 0 : died.length === 1)
    })

void it(
  'so it does with the real history',
  {
    skip:
      !(FULL && sharedHistoryIsThere) && 'the real history is not here, or KILL_ROUNDS does not ask for it',
  },
  async (t) => {
    const folder = await folderFor(t)
    const points = ['after ledger.recordMessages #3', 'before bus.publish #2'].flatMap(
      (text) => pointOf(text) ?? [],
    )
    await survive(t, join(folder, 'ledger.db'), points, storyOf(await sharedHistory(folder, 7)))
  },
)

/**
 * A connector that is asked to end once it has taken in so many messages, and how it ended.
 * `signals`: at most so many.
 */
async function endedAfter(
  t: TestContext,
  environment: Readonly<Record<string, string>>,
  messages: number,
  signals: number,
): Promise<{ readonly code: number | null; readonly ms: number; readonly said: string }> {
  const child = start(['run'], { ...environment, LOG_LEVEL: 'warn' })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const reader = await openReader(environment['LEDGER'] ?? '')
  await until(
    `${messages} are taken in`,
    async () => (await reader.readTotals()).messages > messages,
    60_000,
    5,
  )
  await reader.close()
  const ended = once(child, 'exit') as Promise<[number | null]>
  const askedAt = Date.now()
  for (let signal = 0; signal < signals && child.exitCode === null; signal++) {
    child.kill('SIGTERM')
    // A signal that comes before the last one was heard is the same one.
    await delay(20)
  }
  const [code] = await ended
  return { code, ms: Date.now() - askedAt, said }
}

/** A busy machine hears some of them as one. */
const UNTIL_HEARD_TWICE = 100

void it('a second SIGTERM ends a connector at once; one SIGTERM leaves no message locked, and nothing is lost by either', async (t) => {
  const folder = await folderFor(t)
  const history = makeHistory({ employees: FULL ? 2_000 : 250, seed: 20_261_102 })
  const doubles = await doublesFor(t)
  const environment = { ...doubles.environment, LEDGER: join(folder, 'ledger.db') }
  await feedAll(t, doubles, history.lines)
  const aborted = await endedAfter(t, environment, 100, UNTIL_HEARD_TWICE)
  assert.equal(aborted.code, 1, aborted.said)
  await doubles.bus.inject({ kind: 'expire-locks' })
  const { code, ms, said } = await endedAfter(t, environment, 500, 1)
  assert.equal(code, 0, said)
  assert.ok(ms < 60_000, `SIGTERM took ${ms} ms`)
  const { active, locked, completed, deadLetter } = await doubles.bus.counts('hr-events')
  assert.ok(active > 0, 'it was in the middle')
  assert.deepEqual(
    { locked, sum: active + completed, deadLetter },
    { locked: 0, sum: history.lines.length, deadLetter: 0 },
  )
})
