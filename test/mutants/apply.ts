import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Mutant } from './mutant.ts'

/**
 * Imported before a suite: changes one file while it is loaded. The environment variable `MUTANT`
 * holds the mutant as JSON, with `file` as an absolute path.
 */
const { file, find, replace }: Mutant = JSON.parse(process.env['MUTANT'] ?? '')
const changed = pathToFileURL(file).href

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context)
    if (url !== changed) return loaded
    const source =
      typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source ?? undefined)
    return { ...loaded, source: source.replace(find, () => replace) }
  },
})
