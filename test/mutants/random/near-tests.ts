import { existsSync, globSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { stepsFrom } from './imports.ts'

const ROOT = join(import.meta.dirname, '../../..')
const CORE = join(ROOT, 'src/core')
const LEDGER = join(ROOT, 'src/adapters/ledger-sql')
const MOST_ELSEWHERE = 4
/** Starts a PostgreSQL server. */
const SERVER = join(ROOT, 'test/adapters/support/postgres.ts')
const IN_MEMORY = join(import.meta.dirname, 'ledger-in-memory.ts')

/**
 * The tests that have to notice a change of a file, and those that may notice it too late to help.
 */
export interface TestsOf {
  readonly near: readonly string[]
  readonly far: readonly string[]
}

/**
 * The tests next to a file of the core are those of the folder that mirrors its own, or of the
 * nearest folder above that has any; those of the ledger are its conformance suite, in memory. Of
 * them only those that load the file, the nearest first. `null` for a file without tests next to it.
 */
export function testsOf(file: string): TestsOf | null {
  if (file.startsWith(LEDGER)) return testsOfLedger(file)
  const place = relative(CORE, file)
  const mirror = join(ROOT, 'test/core', dirname(place))
  const own = join(mirror, `${basename(place, '.ts')}.test.ts`)
  if (dirname(place) === '.') return existsSync(own) ? { near: [own], far: [] } : null
  const near = nearestTo(mirror)
  const [area = ''] = place.split('/')
  const areaTests = globSync(join(ROOT, 'test/core', area, '**/*.test.ts'))
  if (near.length === 0) return null
  const nearest = [...new Set([...loading(file, near), ...importing(file)])]
  const inArea = loading(file, [...areaTests.filter((test) => !nearest.includes(test)), IN_MEMORY])
  return { near: nearest, far: nearest.length + inArea.length > 0 ? inArea : elsewhere(file) }
}

/** Files, threads, copies and moves are not part of what runs in memory. */
function testsOfLedger(file: string): TestsOf {
  const near = loading(file, [IN_MEMORY])
  const isInMemory = near.length > 0 && !file.includes('/driver/')
  const own = loading(file, [
    ...testsIn('{*,sqlite/plans}').filter((test) => !stepsFrom(test).has(SERVER)),
    ...(isInMemory ? [] : testsIn('sqlite/{disk,file,sole}')),
    ...(file.includes('/sealing/') ? testsIn('sealing/*') : []),
  ])
  return { near, far: near.length > 0 ? own : [...own, ...elsewhere(file)] }
}

const testsIn = (pattern: string): readonly string[] =>
  globSync(join(ROOT, `test/adapters/ledger-sql/${pattern}.test.ts`))

const THREAD = /worker\.ts$|-thread\//

/**
 * Where a test file runs: in a process that keeps tests loaded, in one of its own, or first in the
 * one and then in the other. Threads load what is changed in a warm process without the change.
 */
export function placesOf(test: string, changed: string): { readonly warm: boolean; readonly own: boolean } {
  const reached = stepsFrom(test)
  const isOurs = ['test/core', 'test/adapters/ledger-sql', 'test/mutants'].some((folder) =>
    test.startsWith(join(ROOT, folder)),
  )
  if (!isOurs || reached.has(SERVER)) return { warm: false, own: true }
  const isInThread = [...reached.keys()].some((file) => THREAD.test(file) && stepsFrom(file).has(changed))
  return { warm: true, own: isInThread && test !== IN_MEMORY }
}

/**
 * Tests that load the file and take long, so they are tried last: those of the ledger that start a
 * server, and those of the whole connector.
 */
export function longTests(file: string): readonly string[] {
  const tried = new Set(Object.values(testsOf(file) ?? {}).flat())
  const ofLedger = testsIn('*').filter((test) => !tried.has(test))
  const ofConnector = globSync(join(ROOT, 'test/suites/{simulation,flow,provision}/*.test.ts'))
  return [...loading(file, ofLedger), ...loading(file, ofConnector)]
}

/** The nearest tests of other parts, for a file that no test of its own area loads. */
function elsewhere(file: string): readonly string[] {
  const tests = globSync(
    join(ROOT, 'test/{suites/flow,suites/provision,cli,http,adapters/notify}/**/*.test.ts'),
  )
  return loading(file, tests).slice(0, MOST_ELSEWHERE)
}

/** The tests of the core that import the file, wherever they are. */
function importing(file: string): readonly string[] {
  const tests = globSync(join(ROOT, 'test/core/**/*.test.ts'))
  return tests.filter((test) => stepsFrom(test).get(file) === 1)
}

/** Those of the tests that load the file, by the number of imports between. */
function loading(file: string, tests: readonly string[]): readonly string[] {
  return tests
    .map((test) => ({ test, steps: stepsFrom(test).get(file) ?? Infinity }))
    .filter(({ steps }) => steps < Infinity)
    .toSorted((a, b) => a.steps - b.steps)
    .map(({ test }) => test)
}

function nearestTo(folder: string): readonly string[] {
  if (folder === join(ROOT, 'test/core')) return []
  const tests = globSync(join(folder, '*.test.ts'))
  return tests.length > 0 ? tests : nearestTo(dirname(folder))
}

/** Every file that the sample may change. */
export function changeableFiles(): readonly string[] {
  return [CORE, LEDGER]
    .flatMap((folder) => globSync(join(folder, '**/*.ts')))
    .filter((file) => !file.includes('/postgres/') && !file.includes('/thread/') && testsOf(file) !== null)
    .toSorted()
}
