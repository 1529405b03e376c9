import '../../../seed.mjs'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import type { Mutant } from '../../mutant.ts'
import { collect, type Collection } from './collect.ts'
import { type Covered, followExecution, isCovered, takeCovered } from './coverage.ts'
import { changeWhatIsLoaded, importWith } from './graph.ts'
import type { Answer, Question } from './protocol.ts'

/** A test file without a change: what each of its tests executes, and for how long. */
interface Unchanged {
  readonly collection: Collection
  readonly tests: readonly { readonly covered: Covered; readonly ms: number }[]
}

const NOTHING: Covered = new Map()
const known = new Map<string, Unchanged>()
/**
 * What was executed while files were loaded. A file is loaded once, for the first test file that
 * needs it, so this concerns the tests of all of them.
 */
const onLoad: Covered[] = []
/** How often a test noticed a change of a file. */
const kills = new Map<string, number>()
let stray: unknown = null
let running = ''

process.on('disconnect', () => process.exit())
process.on('unhandledRejection', noteStray)
process.on('uncaughtException', noteStray)
/** What a former change left behind says nothing about this one. */
function noteStray(error: unknown): void {
  const load = /\?load=([\w-]+)/.exec(error instanceof Error ? (error.stack ?? '') : '')?.[1]
  if (load === undefined || load === running) stray ??= error
}

const tell = (answer: Answer): void => void process.send?.(answer)

async function unchanged(file: string): Promise<Unchanged> {
  const before = known.get(file)
  if (before !== undefined) return before
  tell({ type: 'alive', ms: 60_000 })
  takeCovered()
  const collection = await collect(() => import(pathToFileURL(file).href))
  onLoad.push(takeCovered())
  const tests: { covered: Covered; ms: number }[] = []
  for (const test of collection.tests) {
    tell({ type: 'alive', ms: 60_000 })
    const start = performance.now()
    const error = await failure(() => test.run(60_000))
    // A test that fails without a change would notice every change.
    tests.push({ covered: error === null ? takeCovered() : NOTHING, ms: performance.now() - start })
  }
  const made = { collection, tests }
  known.set(file, made)
  return made
}

/** The name of the test that notices, or `null`. */
async function noticing(id: string, file: string, mutant: Mutant): Promise<string | null> {
  const { collection, tests } = await unchanged(file)
  const at = placeOf(mutant)
  const isEverywhere = onLoad.some((covered) => isCovered(covered, mutant.file, at))
  const weight = (index: number): number => kills.get(`${mutant.file} ${file} ${index}`) ?? 0
  const chosen = tests
    .flatMap(({ covered, ms }, index) =>
      isEverywhere || isCovered(covered, mutant.file, at) ? [{ ms, index }] : [],
    )
    .toSorted((a, b) => weight(b.index) - weight(a.index) || a.ms - b.ms)
  if (chosen.length === 0) return null
  running = id
  stray = null
  tell({ type: 'alive', ms: 30_000 })
  let changed: Collection
  try {
    changed = await collect(() => importWith(id, file, mutant))
  } catch {
    return 'the file does not load'
  }
  try {
    for (const { ms, index } of chosen) {
      const limit = 3_000 + 10 * ms
      tell({ type: 'alive', ms: limit + 10_000 })
      const error = await failure(() => changed.tests[index]?.run(limit))
      if (error === null && stray === null) continue
      stray = null
      // So would one that fails when it is run alone, or now and then.
      if ((await failure(() => collection.tests[index]?.run(limit))) !== null) continue
      const key = `${mutant.file} ${file} ${index}`
      kills.set(key, (kills.get(key) ?? 0) + 1)
      return changed.tests[index]?.name ?? ''
    }
    return null
  } finally {
    running = ''
    await failure(() => changed.end())
  }
}

async function failure(run: () => Promise<void> | undefined): Promise<unknown> {
  try {
    await run()
    return null
  } catch (error) {
    return error
  }
}

/** The first character that the mutant changes. */
function placeOf({ file, find, replace }: Mutant): number {
  let same = 0
  while (same < find.length && find[same] === replace[same]) same += 1
  return readFileSync(file, 'utf8').indexOf(find) + Math.min(same, find.length - 1)
}

async function answer({ id, mutant, suites }: Question): Promise<Answer> {
  for (const [index, file] of suites.entries()) {
    const by = await noticing(`${id}-${index}`, file, mutant)
    if (by !== null) return { type: 'done', noticedBy: by }
  }
  return { type: 'done', noticedBy: null }
}

fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true })
changeWhatIsLoaded()
followExecution()
process.on('message', (question: Question) => {
  answer(question).then(tell, (error: unknown) => tell({ type: 'unfit', why: String(error) }))
})
