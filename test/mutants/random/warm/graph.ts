import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Mutant } from '../../mutant.ts'
import { stepsFrom } from '../imports.ts'

const COLLECT = pathToFileURL(join(import.meta.dirname, 'collect.ts')).href
const MUTANTS = pathToFileURL(dirname(dirname(import.meta.dirname))).href
const stripped = new Map<string, string>()
const loads = new Map<string, Load>()

/** One load of a test file with a changed file under it. */
interface Load {
  readonly mutant: Mutant
  /** The changed file, and what loads it. Everything else is shared. */
  readonly files: ReadonlySet<string>
}

/** Lets this process load the same files again with a change. Tests are collected. */
export function changeWhatIsLoaded(): void {
  registerHooks({
    resolve: (specifier, context, next) => {
      const parent = context.parentURL ?? ''
      if (specifier === 'node:test' && !parent.startsWith(`${MUTANTS}/random/warm/`))
        return { url: COLLECT, format: 'module', shortCircuit: true }
      const found = next(specifier, context)
      const id = idOf(parent)
      if (id === '' || !found.url.startsWith('file:')) return found
      const isOwn = loads.get(id)?.files.has(fileURLToPath(found.url)) ?? false
      return isOwn && idOf(found.url) === '' ? { ...found, url: `${found.url}?load=${id}` } : found
    },
    load: (url, context, next) => {
      const load = loads.get(idOf(url))
      if (load === undefined) return next(url, context)
      const path = fileURLToPath(url)
      const { file, find, replace } = load.mutant
      const source =
        path === file
          ? stripTypeScriptTypes(readFileSync(path, 'utf8').replace(find, () => replace))
          : plainOf(path)
      return { format: 'module', source, shortCircuit: true }
    },
  })
}

/** Imports a test file, with this mutant in what it loads. */
export async function importWith(id: string, test: string, mutant: Mutant): Promise<void> {
  const reached = [...stepsFrom(test).keys()]
  const files = new Set(reached.filter((file) => stepsFrom(file).has(mutant.file)))
  loads.set(id, { mutant, files })
  await import(`${pathToFileURL(test).href}?load=${id}`)
}

function plainOf(path: string): string {
  let plain = stripped.get(path)
  if (plain === undefined) {
    plain = stripTypeScriptTypes(readFileSync(path, 'utf8'))
    stripped.set(path, plain)
  }
  return plain
}

function idOf(url: string): string {
  return /\?load=([\w-]+)$/.exec(url)?.[1] ?? ''
}
