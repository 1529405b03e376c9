import { readRows, type Sql } from '../driver/sql.ts'

/**
 * The most events of one employee that are traced. More open events are rare, and so many spans of
 * one operation would not help.
 */
const ORIGINS_PER_OPERATION = 50

/** Trace contexts of the events that operations carry, by the number of the operation. */
export async function originsOf(
  sql: Sql,
  operations: readonly number[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  const rows = await readRows<{ operation: number; traceparent: string }>(
    sql,
    ['seq INT'],
    operations.map((seq) => [seq]),
    `SELECT e.operation, e.traceparent FROM v JOIN operations o ON o.seq = v.seq JOIN events e ON e.employee = o.employee
     WHERE e.operation = v.seq AND e.traceparent IS NOT NULL`,
  )
  const byOperation = Map.groupBy(rows, ({ operation }) => operation)
  return new Map(
    [...byOperation].map(([seq, all]) => [
      seq,
      all.slice(0, ORIGINS_PER_OPERATION).map(({ traceparent }) => traceparent),
    ]),
  )
}
