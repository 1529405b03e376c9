import { Session } from 'node:inspector'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'

const SOURCES = `${pathToFileURL(join(import.meta.dirname, '../../../../src')).href}/`

/** What was executed of each file, as places `[start, end, count]` that lie in each other. */
export type Covered = ReadonlyMap<string, readonly (readonly [start: number, end: number, count: number])[]>

const session = new Session()

/** Before anything is loaded that is to be followed. */
export function followExecution(): void {
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
}

/** What was executed since the last call. */
export function takeCovered(): Covered {
  const covered = new Map<string, [number, number, number][]>()
  session.post('Profiler.takePreciseCoverage', (error, taken) => {
    if (error !== null) throw error
    for (const { url, functions } of taken.result)
      if (url.startsWith(SOURCES) && !url.includes('?'))
        covered.set(
          url,
          functions.flatMap(({ ranges }) =>
            ranges.map(({ startOffset: start, endOffset: end, count }): [number, number, number] => [
              start,
              end,
              count,
            ]),
          ),
        )
  })
  return covered
}

/**
 * Whether what stands at this place of a file, or just before it, was executed. What follows `&&` or
 * `||` begins with the operator, which decides also when what follows is left out.
 */
export function isCovered(covered: Covered, file: string, at: number): boolean {
  return wasExecuted(covered, file, at) || wasExecuted(covered, file, at - 1)
}

function wasExecuted(covered: Covered, file: string, at: number): boolean {
  let [size, count] = [Infinity, 0]
  for (const [start, end, times] of covered.get(pathToFileURL(file).href) ?? [])
    if (start <= at && at < end && end - start <= size) [size, count] = [end - start, times]
  return count > 0
}
