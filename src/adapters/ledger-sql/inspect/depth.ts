import type { Depth } from '../../../core/ledger/port/figures.ts'
import { earliest } from '../../../core/plan/decide/resend.ts'
import type { Sql, SqlValue } from '../driver/sql.ts'

/** A query for how much there is, and one for since when the oldest of it is there. */
interface DepthQuery {
  readonly count: string
  readonly oldest: string
}

export interface CountRow {
  readonly n: number
  readonly oldest: number | null
}
export const toDepth = ({ n, oldest }: CountRow): Depth => ({ count: n, oldestAt: oldest })

/**
 * Depths that are read in one statement, because a round trip costs more than any of them.
 * `parameters` are those of the queries in their order.
 */
export function depthReader<Name extends string>(
  queries: Readonly<Record<Name, DepthQuery>>,
): (sql: Sql, parameters?: readonly SqlValue[]) => Promise<(name: Name) => Depth> {
  const text = Object.entries<DepthQuery>(queries)
    .map(([name, { count, oldest }]) => `SELECT '${name}' AS name, (${count}) AS n, (${oldest}) AS oldest`)
    .join(' UNION ALL ')
  return async (sql, parameters = []) => {
    const rows = await sql.all<CountRow & { readonly name: string }>(text, parameters)
    return (name) => {
      const row = rows.find((one) => one.name === name)
      return row ? toDepth(row) : { count: 0, oldestAt: null }
    }
  }
}

export function together(a: Depth, b: Depth): Depth {
  return { count: a.count + b.count, oldestAt: earliest(a.oldestAt, b.oldestAt) }
}
