import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const IMPORTED = /^(?:import|export)\s(?!type\b)[^'"]*?'(\.{1,2}\/[^']+)'/gm
/** A file that is loaded when it is needed, or by a thread. */
const LOADED_LATER = /\b(?:import|new URL)\('(\.{1,2}\/[^']+\.ts)'/g

const known = new Map<string, readonly string[]>()
const reached = new Map<string, ReadonlyMap<string, number>>()

/** The files of the project that `file` loads directly. */
function importsOf(file: string): readonly string[] {
  let found = known.get(file)
  if (found === undefined) {
    const text = readFileSync(file, 'utf8')
    found = [IMPORTED, LOADED_LATER]
      .flatMap((pattern) => [...text.matchAll(pattern)])
      .map(([, path = '']) => join(dirname(file), path))
    known.set(file, found)
  }
  return found
}

/** How many steps each file is away from `start` that it loads, itself included. */
export function stepsFrom(start: string): ReadonlyMap<string, number> {
  let steps = reached.get(start)
  if (steps === undefined) {
    steps = walkFrom(start)
    reached.set(start, steps)
  }
  return steps
}

function walkFrom(start: string): ReadonlyMap<string, number> {
  const steps = new Map([[start, 0]])
  for (const [file, count] of steps)
    for (const other of importsOf(file)) if (!steps.has(other)) steps.set(other, count + 1)
  return steps
}
