import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const IMPORTED = /^(?:import|export)\s(?!type\b)[^'"]*?'(\.{1,2}\/[^']+)'/gm
const known = new Map<string, readonly string[]>()

/** The files of the project that `file` imports directly. */
function importsOf(file: string): readonly string[] {
  let found = known.get(file)
  if (found === undefined) {
    const text = readFileSync(file, 'utf8')
    found = [...text.matchAll(IMPORTED)].map(([, path = '']) => join(dirname(file), path))
    known.set(file, found)
  }
  return found
}

/** How many steps each file is away from `start` that it loads, itself included. */
export function stepsFrom(start: string): ReadonlyMap<string, number> {
  const steps = new Map([[start, 0]])
  for (const [file, count] of steps)
    for (const other of importsOf(file)) if (!steps.has(other)) steps.set(other, count + 1)
  return steps
}
