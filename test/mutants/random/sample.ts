import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { chance } from '../../fakes/history.ts'
import type { Mutant } from '../mutant.ts'
import { EQUIVALENT } from './equivalent/equivalent.ts'
import { changeableFiles } from './near-tests.ts'
import { type Change, changesOf } from './operators.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** A random change as a mutant, and where it is. `file` is absolute in the mutant. */
export interface RandomMutant {
  readonly mutant: Mutant
  /** From the root of the repository. */
  readonly file: string
  readonly line: number
  readonly operator: string
}

/**
 * `count` changes of core and ledger; one seed gives one sample, as long as the code stays the
 * same. Those listed as equivalent are left out.
 */
export function sampleOf(count: number, seed: number): readonly RandomMutant[] {
  const random = chance(seed)
  const all = [...allChanges()]
  const chosen: RandomMutant[] = []
  while (chosen.length < count && all.length > 0) {
    const [one] = all.splice(Math.floor(random() * all.length), 1)
    const made = one ? mutantOf(one.path, one.text, one.change) : null
    if (made && !isEquivalent(made)) chosen.push(made)
  }
  return chosen
}

/** Every change at these places, as `rule.ts:143`, or in these files, as `fold/order.ts`. */
export function changesAt(places: readonly string[]): readonly RandomMutant[] {
  return allChanges()
    .filter(({ path, text, change: { start } }) => {
      const place = `${path}:${lineAt(text, start)}`
      return places.some((one) => place.endsWith(one) || path.endsWith(one))
    })
    .map(({ path, text, change }) => mutantOf(path, text, change))
    .filter((one) => !isEquivalent(one))
}

interface Found {
  readonly path: string
  readonly text: string
  readonly change: Change
}
function allChanges(): readonly Found[] {
  const sources = changeableFiles().map((path) => ({ path, text: readFileSync(path, 'utf8') }))
  return sources.flatMap(({ path, text }) => changesOf(text).map((change) => ({ path, text, change })))
}

const lineAt = (text: string, start: number): number => text.slice(0, start).split('\n').length

function isEquivalent({ file, mutant }: RandomMutant): boolean {
  return EQUIVALENT.some(
    (known) =>
      known.file === file &&
      mutant.find.includes(known.find) &&
      known.replace === replacement(mutant, known.find),
  )
}

/**
 * What `part` of the text that the mutant changes turns into; `null` when it also changes something
 * else.
 */
function replacement({ find, replace }: Mutant, part: string): string | null {
  const before = find.indexOf(part)
  const after = find.length - before - part.length
  const same = replace.startsWith(find.slice(0, before)) && replace.endsWith(find.slice(find.length - after))
  return same ? replace.slice(before, replace.length - after) : null
}

/** With as much of the line around it as makes the text unique in its file. */
function mutantOf(path: string, text: string, { start, end, to, operator }: Change): RandomMutant {
  let [from, until] = [text.lastIndexOf('\n', start - 1) + 1, text.indexOf('\n', end)]
  while (text.split(text.slice(from, until)).length > 2) {
    from = text.lastIndexOf('\n', from - 2) + 1
    until = Math.max(until, text.indexOf('\n', until + 1))
  }
  const file = relative(ROOT, path)
  const line = lineAt(text, start)
  const find = text.slice(from, until)
  const replace = text.slice(from, start) + to + text.slice(end, until)
  return {
    mutant: { breaks: `${operator} in ${file}:${line}`, file: path, find, replace },
    file,
    line,
    operator,
  }
}
