import type { Mutant } from '../mutant.ts'
import { runMutant } from '../run-mutant.ts'
import { placesOf, testsOf, longTests } from './near-tests.ts'
import { type RandomMutant, sampleOf } from './sample.ts'
import { filesWithErrors, typeErrorsAmong } from './types.ts'
import { WarmProcess } from './warm/pool.ts'

/** `near` and `far`: tests there noticed it. `types`: the compiler did. */
type Fate = 'near' | 'far' | 'types' | 'survived'

/** A mutant that loops must not stop the run, however busy the machine is. */
const LIMITS = { cpuSeconds: 90, wallMs: 300_000, testMs: 120_000 }

/** The verdict of the tests. The compiler checks all survivors at once. */
async function fateOf(warm: WarmProcess, { mutant }: RandomMutant): Promise<Exclude<Fate, 'types'>> {
  const { near, far } = testsOf(mutant.file) ?? { near: [], far: [] }
  if (await isNoticed(warm, mutant, near)) return 'near'
  return (await isNoticed(warm, mutant, far)) ? 'far' : 'survived'
}

async function isNoticed(warm: WarmProcess, mutant: Mutant, suites: readonly string[]): Promise<boolean> {
  const places = suites.map((suite) => ({ suite, ...placesOf(suite, mutant.file) }))
  const inWarm = places.flatMap(({ suite, warm: isWarm }) => (isWarm ? [suite] : []))
  const verdict = await warm.try(mutant, inWarm)
  if ('noticedBy' in verdict && verdict.noticedBy !== null) return true
  const left = 'unfit' in verdict ? places : places.filter(({ own }) => own)
  if ('unfit' in verdict) process.stderr.write(`${verdict.unfit}\n`)
  return isNoticedInOwnProcess(
    mutant,
    left.map(({ suite }) => suite),
  )
}

async function isNoticedInOwnProcess(mutant: Mutant, suites: readonly string[]): Promise<boolean> {
  for (const suite of suites)
    if (!(await passes(mutant, suite)) && (await passesWithoutChange(mutant, suite))) return true
  return false
}

/** Also false when the process ends before any test does: a change may keep a file from being loaded. */
async function passes(mutant: Mutant, suite: string): Promise<boolean> {
  const result = await runMutant({ mutant, suites: [suite] }, LIMITS).catch(() => 'killed')
  return result !== 'killed'
}

const unchanged = new Map<string, boolean>()

/** A test that fails anyway would notice every change, so it notices none. */
async function passesWithoutChange(mutant: Mutant, suite: string): Promise<boolean> {
  const known = unchanged.get(suite) ?? (await passes({ ...mutant, replace: mutant.find }, suite))
  unchanged.set(suite, known)
  return known
}

/**
 * Breaks core and ledger in `count` random places, one at a time, and shows which tests notice.
 * Resolves to how many no test noticed.
 */
export async function runRandom(count: number, seed: number, write: (line: string) => void): Promise<number> {
  const survived = await runThese(sampleOf(count, seed), write, longTests)
  if (filesWithErrors([]).length > 0) throw new Error('the types are wrong without a change')
  return survived
}

/**
 * Tries these changes: with the tests near them, then with those far away, then with the compiler,
 * then with `last`. Resolves to how many no test noticed.
 */
export async function runThese(
  mutants: readonly RandomMutant[],
  write: (line: string) => void,
  last: (file: string) => readonly string[] = () => [],
): Promise<number> {
  const counts: Record<Fate, number> = { near: 0, far: 0, types: 0, survived: 0 }
  const unsure = new Map<RandomMutant, Fate>()
  const warm = new WarmProcess()
  for (const one of mutants) {
    const fate = await fateOf(warm, one)
    write(lineOf(fate, one))
    if (fate === 'near') counts.near += 1
    else {
      unsure.set(one, fate)
      write(changedLine(one))
    }
  }
  const refused = typeErrorsAmong([...unsure.keys()])
  write('Of those not noticed nearby, with the compiler and all other tests:')
  for (const [one, found] of unsure) {
    let fate = refused.has(one) ? 'types' : found
    if (fate === 'survived' && (await isNoticed(warm, one.mutant, last(one.mutant.file)))) fate = 'far'
    counts[fate] += 1
    write(lineOf(fate, one))
  }
  warm.end()
  const tried = counts.near + counts.far + counts.survived
  const caught = tried - counts.survived
  write(
    `${caught} of ${tried} noticed (${((100 * caught) / tried).toFixed(1)} %), ${counts.near} by the tests next to the code, ` +
      `${counts.far} only by tests far away; ${counts.types} more were type errors`,
  )
  return counts.survived
}

function lineOf(fate: Fate, { file, line, operator }: RandomMutant): string {
  return `${fate.padEnd(8)} ${file}:${line} ${operator}`
}

function changedLine({ mutant }: RandomMutant): string {
  const [before, after] = [mutant.find.split('\n'), mutant.replace.split('\n')]
  const at = before.findIndex((line, index) => line !== after[index])
  return `         - ${before[at]?.trim() ?? ''}\n         + ${after[at]?.trim() ?? ''}`
}
