import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '../../../adapters/support/postgres.ts'
import { chance as randomOf } from '../../../fakes/history.ts'
import type { Ending } from '../site.ts'
import { type Point, pointOf, pointsOf, somePoints, textOf } from './point.ts'
import { makeStory } from './story.ts'
import { survive, type Survived } from './survive.ts'

/**
 * `npm run crash -- --all --engine PostgreSQL --most 3`: counts the effects of an undisturbed run,
 * and kills one process at each of their first times, before and after. `--point 'after bus.settle
 * #1'` names one. Without `--all`: `--points` of them, chosen by `--seed`. Exits with 1 when a run
 * lost, doubled or spoilt anything.
 */
const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    engine: { type: 'string', default: 'SQLite' },
    most: { type: 'string', default: '3' },
    points: { type: 'string', default: '10' },
    point: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
  },
})
const isPostgres = values.engine === 'PostgreSQL'
const server = isPostgres ? await startPostgres({ alone: true }) : null
const story = makeStory({ employees: 12, seed: Number(values.seed), notices: !isPostgres })

async function runWith(points: readonly Point[]): Promise<Survived> {
  const ends: (() => unknown)[] = []
  const ending: Ending = { after: (end) => void ends.push(end) }
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-crash-'))
  ending.after(() => rmSync(folder, { recursive: true }))
  try {
    return await survive(ending, server ? await server.database() : join(folder, 'ledger.db'), points, story)
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

const named = values.point?.flatMap((text) => pointOf(text) ?? []) ?? []
const { counts } = named.length > 0 ? { counts: {} } : await runWith([])
const all = named.length > 0 ? named : pointsOf(counts, Number(values.most))
const chosen =
  values.all || named.length > 0 ? all : somePoints(all, Number(values.points), randomOf(Number(values.seed)))
let covered = 0
const missed: string[] = []
const failures: string[] = []
for (const point of chosen) {
  try {
    const { died } = await runWith([point])
    covered += died.length
    if (died.length === 0) missed.push(textOf(point))
  } catch (error) {
    failures.push(`${textOf(point)}: ${error instanceof Error ? error.message : String(error)}`)
    process.stdout.write(`FAILED ${failures.at(-1)}\nrepeat it with: --point '${textOf(point)}'\n`)
  }
  process.stderr.write(`${textOf(point)}\n`)
}
const effects = Object.keys(counts).length
process.stdout.write(
  `${values.engine}: points covered ${covered} of ${all.length} (${effects} effects), ${failures.length} failed\n`,
)
for (const point of missed) process.stdout.write(`not reached: ${point}\n`)
await server?.close()
process.exit(failures.length === 0 ? 0 : 1)
