import type { Fields } from '../confirm.ts'

/**
 * The page of a run. `filter` is what it was selected by, so that the rest can be replayed from
 * there.
 */
export function runHref(run: number, filter: Fields = {}): string {
  const query = new URLSearchParams({ run: String(run) })
  for (const [name, value] of Object.entries(filter)) if (typeof value === 'string') query.set(name, value)
  return `/replays/run?${query.toString()}`
}
