import { existsSync, globSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '../../..')
const CORE = join(ROOT, 'src/core')
const LEDGER = join(ROOT, 'src/adapters/ledger-sql')
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
 * nearest folder above that has any; those of the ledger are its conformance suite, in memory.
 * `null` for a file without tests next to it.
 */
export function testsOf(file: string): TestsOf | null {
  if (file.startsWith(LEDGER)) return { near: [IN_MEMORY], far: [] }
  const place = relative(CORE, file)
  const mirror = join(ROOT, 'test/core', dirname(place))
  const own = join(mirror, `${basename(place, '.ts')}.test.ts`)
  if (dirname(place) === '.') return existsSync(own) ? { near: [own], far: [] } : null
  const near = nearestTo(mirror)
  const [area = ''] = place.split('/')
  const areaTests = globSync(join(ROOT, 'test/core', area, '**/*.test.ts'))
  if (near.length === 0) return null
  return { near, far: [...areaTests.filter((test) => !near.includes(test)), IN_MEMORY] }
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
