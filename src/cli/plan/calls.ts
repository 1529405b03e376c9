import { directCostsIn, limitsOf, type Limited } from '../../compose/destinations/list.ts'
import type { Preview } from '../../core/plan/preview.ts'

/** What operations cost at least, because a call takes no more than a batch of one destination. */
export interface LeastCalls {
  readonly calls: number
  /** The part of a day's calls: of the quota that they take most of. */
  readonly quotaDays: number
  /** In the order of their names. Empty when the operations name no destination. */
  readonly destinations: readonly DestinationCalls[]
}

export interface DestinationCalls {
  readonly name: string
  readonly operations: number
  readonly calls: number
}

/** A direct destination takes one operation in a call, a job `operationsPerCall`. */
export function leastCalls(
  previews: readonly Preview[],
  config: Limited,
  operationsPerCall: number,
): LeastCalls {
  const sent = previews.filter(({ operation }) => operation !== null)
  const direct = directCostsIn(config)
  const groups = [...Map.groupBy(sent, ({ destination }) => destination?.at)].map(([at, of]) => {
    const limits = limitsOf(config, at)
    const operations = of.length
    const calls = direct.has(at ?? '') ? operations : Math.ceil(operations / operationsPerCall)
    return { at, operations, calls, limits }
  })
  const callsOf = (quota: string): number =>
    groups.filter(({ limits }) => limits.quota === quota).reduce((sum, { calls }) => sum + calls, 0)
  return {
    calls: groups.reduce((sum, { calls }) => sum + calls, 0),
    quotaDays: Math.max(0, ...groups.map(({ limits }) => callsOf(limits.quota) / limits.perDay)),
    destinations: groups
      .flatMap(({ at, operations, calls }) => (at === undefined ? [] : [{ name: at, operations, calls }]))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}
