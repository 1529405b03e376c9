import type { Driver } from '../../src/adapters/ledger-sql/driver/sql.ts'

/**
 * How a copy differs from its original; what is not named here is the same. `k` is the number of
 * the copy.
 */
const NUMBERS: Readonly<Record<string, readonly string[]>> = {
  events: ['seq', 'by_seq', 'operation'],
  originals: ['event_seq'],
  operations: ['seq', 'batch'],
  records: ['operation'],
  batches: ['seq', 'after_batch'],
  calls: ['seq', 'batch'],
  log_records: ['operation'],
  outbox: ['id', 'event_seq', 'by_seq', 'operation'],
  employees: ['accepted_operation', 'failed_operation'],
  messages: [],
}
const NAMES: Readonly<Record<string, readonly string[]>> = {
  events: ['event_id', 'employee'],
  originals: [],
  operations: ['employee', 'manager', 'unresolved'],
  records: [],
  batches: ['request_id'],
  calls: [],
  log_records: ['id', 'change_id', 'employee', 'object_id'],
  outbox: ['employee'],
  employees: ['id', 'object_id'],
  messages: ['sequence'],
}
/** Copied calls were made long ago, so that the day's budget is as free as it was. */
const LONG_AGO: Readonly<Record<string, readonly string[]>> = { calls: ['at', 'ended_at'] }
const LONG_MS = 30 * 86_400_000
/** Above every number of the original. */
const STRIDE = 1_000_000

/** Makes a ledger `copies` times as large, by rows of the same shape under other names. */
export async function grow(driver: Driver, copies: number): Promise<void> {
  for (let from = 1; from < copies; from += 10) {
    const numbers = Array.from({ length: Math.min(10, copies - from) }, (_, index) => from + index)
    await driver.transaction(async (sql) => {
      for (const table of Object.keys(NUMBERS)) {
        const [row] = await sql.all<Record<string, unknown>>(`SELECT * FROM ${table} LIMIT 1`)
        const columns = Object.keys(row ?? {})
        if (columns.length === 0) continue
        const values = columns.map((column) => {
          if (NUMBERS[table]?.includes(column)) return `t.${column} + k.k * ${STRIDE}`
          if (NAMES[table]?.includes(column)) return `t.${column} || '-' || CAST(k.k AS TEXT)`
          if (LONG_AGO[table]?.includes(column)) return `t.${column} - ${LONG_MS}`
          return `t.${column}`
        })
        const original = keyOf(table)
        await sql.run(
          `INSERT INTO ${table} (${columns.join(', ')})
           WITH k(k) AS (VALUES ${numbers.map((k) => `(${k})`).join(', ')}) SELECT ${values.join(', ')} FROM k CROSS JOIN ${table} t WHERE ${original}`,
        )
      }
    })
  }
  if (driver.dialect.name === 'sqlite') return
  await driver.transaction(async (sql) => {
    for (const [table, column] of [
      ['events', 'seq'],
      ['operations', 'seq'],
      ['batches', 'seq'],
      ['calls', 'seq'],
      ['outbox', 'id'],
    ] as const)
      await sql.all(`SELECT setval(pg_get_serial_sequence(?, ?), (SELECT MAX(${column}) FROM ${table}))`, [
        table,
        column,
      ])
    await sql.run('ANALYZE')
  })
}

/** Rows of the original and not of a copy. */
function keyOf(table: string): string {
  const [number] = NUMBERS[table] ?? []
  if (table === 'employees') return `t.id NOT LIKE '%-%'`
  if (table === 'messages') return `t.sequence LIKE 'seed-%' AND t.sequence NOT LIKE 'seed-%-%-%'`
  return `t.${number} < ${STRIDE}`
}
