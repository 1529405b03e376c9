import { writeFileSync } from 'node:fs'
import type { Around } from './effects.ts'
import { COUNTS_FILE, DIE_AT, pointOf } from './point.ts'

/** A call that found nothing to do. */
function isEmpty(answer: unknown): boolean {
  if (Array.isArray(answer)) return answer.length === 0
  return answer === null || answer === false || answer === 0
}

/**
 * Kills this process without a word at the point that its environment names. A call that finds
 * nothing to do is not counted: polls would be most of what is counted, and each run has another
 * number of them.
 */
export function dying(environment: NodeJS.ProcessEnv): Around {
  const point = pointOf(environment[DIE_AT] ?? '')
  const counts: Record<string, number> = {}
  const file = environment[COUNTS_FILE]
  if (file !== undefined) process.on('exit', () => writeFileSync(file, JSON.stringify(counts)))
  const dieIf = (side: 'before' | 'after', effect: string, nth: number): void => {
    if (point?.side === side && point.effect === effect && point.nth === nth)
      process.kill(process.pid, 'SIGKILL')
  }
  return async (effect, act) => {
    dieIf('before', effect, (counts[effect] ?? 0) + 1)
    const answer = await act()
    if (isEmpty(answer)) return answer
    const nth = (counts[effect] ?? 0) + 1
    counts[effect] = nth
    dieIf('after', effect, nth)
    return answer
  }
}
