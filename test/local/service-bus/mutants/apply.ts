import { registerHooks } from 'node:module'
import { mutants } from './list.ts'

/** Loaded before everything else: changes one source file of the double as it is read. Which mutant is said by `SERVICE_BUS_MUTANT`. */
const mutant = mutants[Number(process.env['SERVICE_BUS_MUTANT'])]
if (mutant === undefined) throw new Error('SERVICE_BUS_MUTANT names no mutant')
const { file, find, replace } = mutant

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context)
    if (!url.endsWith(`/src/local/service-bus/${file}`)) return loaded
    const source =
      typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source ?? undefined)
    if (!source.includes(find)) throw new Error(`the mutant's text is not in ${file}: ${find}`)
    return { ...loaded, source: source.replace(find, () => replace) }
  },
})
