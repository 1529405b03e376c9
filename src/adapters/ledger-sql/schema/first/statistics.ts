import type { Dialect } from '../../driver/sql.ts'

/**
 * How many rows are in a state changes by the minute, and statistics are of yesterday. PostgreSQL
 * keeps none of these columns: it would walk through everything that is open for each handful of
 * rows, because nothing was open when it looked. SQLite keeps no statistics.
 */
export const withoutStatistics = (
  { name }: Dialect,
  table: string,
  columns: readonly string[],
): readonly string[] =>
  name === 'sqlite'
    ? []
    : columns.map((column) => `ALTER TABLE ${table} ALTER COLUMN ${column} SET STATISTICS 0`)
