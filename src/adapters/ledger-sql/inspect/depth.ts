import type { Depth } from '../../../core/ledger/port/figures.ts'

export interface CountRow {
  readonly n: number
  readonly oldest: number | null
}
export const toDepth = ({ n, oldest }: CountRow): Depth => ({ count: n, oldestAt: oldest })

export function together(a: Depth, b: Depth): Depth {
  const oldest = [a.oldestAt, b.oldestAt].filter((at) => at !== null)
  return { count: a.count + b.count, oldestAt: oldest.length === 0 ? null : Math.min(...oldest) }
}
