import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CORE_MUTANTS } from './core.ts'
import { ENTRA_MUTANTS } from './entra.ts'
import { LEDGER_MUTANTS } from './ledger.ts'
import type { Mutant, MutantList } from './mutant.ts'
import { SERVICE_BUS_MUTANTS } from './service-bus.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Every list, by the name that `npm run mutants` takes. */
export const MUTANT_LISTS: Readonly<Record<string, MutantList>> = {
  core: CORE_MUTANTS,
  entra: ENTRA_MUTANTS,
  ledger: LEDGER_MUTANTS,
  'service-bus': SERVICE_BUS_MUTANTS,
}

/** A mutant with everything that a run needs. Paths are absolute. */
export interface Task {
  readonly list: string
  readonly mutant: Mutant
  readonly suites: readonly string[]
}

/** Every mutant of a list, with the suites that have to notice it. */
export function tasksIn(list: string, { folder, suites, mutants }: MutantList): readonly Task[] {
  return mutants.map(({ suites: own, ...mutant }) => ({
    list,
    mutant: { ...mutant, file: join(ROOT, folder, mutant.file) },
    suites: (own ?? suites).map((suite) => join(ROOT, suite)),
  }))
}

/** The mutants of one list, or of all of them. Throws if there is no list of that name. */
export function tasksOf(name: string | null): readonly Task[] {
  if (name !== null && MUTANT_LISTS[name] === undefined)
    throw new Error(`There is no list '${name}'. There are: ${Object.keys(MUTANT_LISTS).join(', ')}.`)
  return Object.entries(MUTANT_LISTS)
    .filter(([list]) => name === null || list === name)
    .flatMap(([list, mutants]) => tasksIn(list, mutants))
}

/**
 * The mutants that no longer change what they say, because their text is missing or occurs more
 * than once.
 */
export function staleAmong(tasks: readonly Task[]): readonly string[] {
  return tasks.flatMap(({ mutant: { breaks, file, find } }) => {
    const count = readFileSync(file, 'utf8').split(find).length - 1
    return count === 1 ? [] : [`${breaks}: the text occurs ${count} times in ${file}: ${find}`]
  })
}
