import type { Mutant } from '../mutant.ts'
import { runMutant } from '../run-mutant.ts'
import { testsOf } from './near-tests.ts'
import { type RandomMutant, sampleOf } from './sample.ts'
import { filesWithErrors, typeErrorsAmong } from './types.ts'

/** `near` and `far`: tests there noticed it. `types`: the compiler did. */
type Fate = 'near' | 'far' | 'types' | 'survived'

/** A mutant that loops must not stop the run, however busy the machine is. */
const LIMITS = { cpuSeconds: 90, wallMs: 300_000, testMs: 120_000 }

/**
 * The verdict of the tests. The nearest file runs alone first: it notices most changes, and the
 * others do not have to be loaded. The compiler checks all survivors at once.
 */
async function fateOf({ mutant }: RandomMutant): Promise<Exclude<Fate, 'types'>> {
  const { near, far } = testsOf(mutant.file) ?? { near: [], far: [] }
  if (await isNoticed(mutant, near.slice(0, 1))) return 'near'
  if (await isNoticed(mutant, near.slice(1))) return 'near'
  return (await isNoticed(mutant, far)) ? 'far' : 'survived'
}

/**
 * Also when the process ends before any test does, because the change keeps a file from being
 * loaded.
 */
async function isNoticed(mutant: Mutant, suites: readonly string[]): Promise<boolean> {
  if (suites.length === 0) return false
  const result = await runMutant({ mutant, suites }, LIMITS).catch(() => 'killed')
  return result === 'killed'
}

/**
 * Breaks core and ledger in `count` random places, one at a time, and shows which tests notice.
 * Resolves to how many no test noticed.
 */
export async function runRandom(count: number, seed: number, write: (line: string) => void): Promise<number> {
  await failsWithoutChange()
  const survived = await runThese(sampleOf(count, seed), write)
  // Whatever went wrong with the tests or the machine meanwhile would have looked like a notice.
  await failsWithoutChange()
  if (filesWithErrors([]).length > 0) throw new Error('the types are wrong without a change')
  return survived
}

/** Tries these changes. Resolves to how many no test noticed. */
export async function runThese(
  mutants: readonly RandomMutant[],
  write: (line: string) => void,
): Promise<number> {
  const counts: Record<Fate, number> = { near: 0, far: 0, types: 0, survived: 0 }
  const unsure = new Map<RandomMutant, Fate>()
  for (const one of mutants) {
    const fate = await fateOf(one)
    write(lineOf(fate, one))
    if (fate === 'near') counts.near += 1
    else {
      unsure.set(one, fate)
      write(changedLine(one))
    }
  }
  const refused = typeErrorsAmong([...unsure.keys()])
  write('Of those not noticed nearby, with the compiler:')
  for (const [one, found] of unsure) {
    const fate = refused.has(one) ? 'types' : found
    counts[fate] += 1
    write(lineOf(fate, one))
  }
  const tried = counts.near + counts.far + counts.survived
  const caught = tried - counts.survived
  write(
    `${caught} of ${tried} noticed (${((100 * caught) / tried).toFixed(1)} %), ${counts.near} by the tests next to the code, ` +
      `${counts.far} only by tests far away; ${counts.types} more were type errors`,
  )
  return counts.survived
}

/** Tests that fail anyway would notice every change. */
async function failsWithoutChange(): Promise<void> {
  for (const [one] of [sampleOf(1, 1), sampleOf(1, 2)]) {
    if (!one) continue
    const { mutant } = one
    const suites = testsOf(mutant.file)?.near ?? []
    const result = await runMutant({ mutant: { ...mutant, replace: mutant.find }, suites }, LIMITS)
    if (result === 'killed') throw new Error(`the tests of ${one.file} fail without a change`)
  }
}

function lineOf(fate: Fate, { file, line, operator }: RandomMutant): string {
  return `${fate.padEnd(8)} ${file}:${line} ${operator}`
}

function changedLine({ mutant }: RandomMutant): string {
  const [before, after] = [mutant.find.split('\n'), mutant.replace.split('\n')]
  const at = before.findIndex((line, index) => line !== after[index])
  return `         - ${before[at]?.trim() ?? ''}\n         + ${after[at]?.trim() ?? ''}`
}
