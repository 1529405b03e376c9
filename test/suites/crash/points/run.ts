import { join } from 'node:path'
import { startPostgres } from '../../../adapters/support/postgres.ts'
import { chance as randomOf } from '../../../fakes/history.ts'
import { endingAfter, folderFor } from '../site.ts'
import { type Counts, type Point, pointOf, pointsOf, somePoints, textOf } from './point.ts'
import { makeStory } from './story.ts'
import { survive, type Survived } from './survive.ts'

export interface KillOptions {
  /** All points instead of some. */
  readonly all: boolean
  /** `SQLite` or `PostgreSQL` */
  readonly engine: string
  /** So many first times of each effect. */
  readonly most: string
  /** So many points, chosen by the seed. */
  readonly points: string
  /** Exactly these. */
  readonly point?: readonly string[] | undefined
  readonly seed: string
}

type RunWith = (points: readonly Point[]) => Promise<Survived>

/**
 * `npm run crash -- --all --engine PostgreSQL --most 3`: counts the effects of an undisturbed run,
 * and kills one process at each of their first times, before and after. `--point 'after bus.settle
 * #1'` names one. Without `--all`: `--points` of them, chosen by `--seed`. Returns how many runs
 * lost, doubled or spoilt anything.
 */
export async function killAtPoints(options: KillOptions): Promise<number> {
  const isPostgres = options.engine === 'PostgreSQL'
  const server = isPostgres ? await startPostgres({ alone: true }) : null
  const story = makeStory({ employees: 12, seed: Number(options.seed), notices: !isPostgres })
  const runWith: RunWith = (points) =>
    endingAfter(async (t) => {
      const location = server ? await server.database() : join(await folderFor(t), 'ledger.db')
      return survive(t, location, points, story)
    })
  const named = options.point?.flatMap((text) => pointOf(text) ?? []) ?? []
  const counts: Counts = named.length > 0 ? {} : (await runWith([])).counts
  const all = named.length > 0 ? named : pointsOf(counts, Number(options.most))
  const chosen =
    options.all || named.length > 0
      ? all
      : somePoints(all, Number(options.points), randomOf(Number(options.seed)))
  const { covered, missed, failures } = await killAtEach(chosen, runWith)
  const effects = Object.keys(counts).length
  process.stdout.write(
    `${options.engine}: points covered ${covered} of ${all.length} (${effects} effects), ${failures} failed\n`,
  )
  for (const point of missed) process.stdout.write(`not reached: ${textOf(point)}\n`)
  await server?.close()
  return failures
}

async function killAtEach(
  points: readonly Point[],
  runWith: RunWith,
): Promise<{ readonly covered: number; readonly missed: readonly Point[]; readonly failures: number }> {
  const missed: Point[] = []
  let [covered, failures] = [0, 0]
  for (const point of points) {
    try {
      const { died } = await runWith([point])
      covered += died.length
      if (died.length === 0) missed.push(point)
    } catch (error) {
      failures += 1
      process.stdout.write(
        `FAILED ${textOf(point)}: ${error instanceof Error ? error.message : String(error)}\nrepeat it with: --point '${textOf(point)}'\n`,
      )
    }
    process.stderr.write(`${textOf(point)}\n`)
  }
  return { covered, missed, failures }
}
