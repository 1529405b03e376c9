import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { type PostgresServer, startPostgres } from '../../adapters/support/postgres.ts'
import { until } from '../../adapters/support/until.ts'
import { chance as randomOf, makeHistory } from '../../fakes/history.ts'
import { start } from '../../fakes/rollcall.ts'
import { sharedHistory, sharedHistoryIsThere } from '../../fakes/shared-history.ts'
import { type Point, pointOf, pointsOf, textOf } from './points/point.ts'
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
const KILLS = FULL ? 10 : 3
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
  PostgreSQL: async () => (server ??= await startPostgres()).database(),
}

/**
 * Some of the points, in the order of the flow, so that the next process has something left to do.
 */
function somePoints(seed: number): readonly Point[] {
  const random = randomOf(seed)
  const names = Object.keys(EFFECTS)
  return pointsOf(EFFECTS, 2)
    .map((point) => ({ point, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .slice(0, KILLS)
    .map(({ point }) => point)
    .toSorted((a, b) => names.indexOf(a.effect) - names.indexOf(b.effect))
}

for (const [engine, locationIn] of Object.entries(ENGINES))
  for (let round = 0; round < ROUNDS; round++)
    void it(`a connector on ${engine} killed at ${KILLS} points loses nothing, counts nothing twice and ends with the right directory${ROUNDS > 1 ? ` (history ${round + 1})` : ''}`, async (t) => {
      const story = makeStory({
        employees: FULL ? 600 : 12,
        seed: SEED + round,
        notices: engine === 'SQLite',
      })
      const points = somePoints(SEED + round + engine.length)
      const { died } = await survive(t, await locationIn(await folderFor(t)), points, story)
      t.diagnostic(`died ${died.map(textOf).join(', ')}`)
      assert.ok(died.length > 0)
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

void it('SIGTERM in the middle of the work leaves no message locked', async (t) => {
  const folder = await folderFor(t)
  const history = makeHistory({ employees: FULL ? 2_000 : 1_000, seed: 20_261_102 })
  const doubles = await doublesFor(t)
  const ledger = join(folder, 'ledger.db')
  await feedAll(t, doubles, history.lines)
  const child = start(['run'], { ...doubles.environment, LEDGER: ledger, LOG_LEVEL: 'warn' })
  t.after(() => child.kill('SIGKILL'))
  const said: string[] = []
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const reader = await openReader(ledger)
  t.after(() => reader.close())
  await until('some are taken in', async () => (await reader.readTotals()).messages > 500, 30_000, 5)
  const ended = once(child, 'exit')
  const askedAt = Date.now()
  child.kill('SIGTERM')
  const [code] = (await ended) as [number | null]
  assert.equal(code, 0, said.join(''))
  assert.ok(Date.now() - askedAt < 10_000, `SIGTERM took ${Date.now() - askedAt} ms`)
  const { active, locked, completed, deadLetter } = await doubles.bus.counts('hr-events')
  assert.ok(active > 0, 'it was in the middle')
  assert.deepEqual(
    { locked, sum: active + completed, deadLetter },
    { locked: 0, sum: history.lines.length, deadLetter: 0 },
  )
})
