import type { Dialect } from '../../driver/sql.ts'

/**
 * A row that changes stays in its page where that has room, and PostgreSQL then writes no entry of
 * any index whose columns are the same (https://www.postgresql.org/docs/current/storage-hot.html).
 * So a third of each page is left free.
 */
export const withRoom = ({ name }: Dialect, table: string): readonly string[] =>
  name === 'sqlite' ? [] : [`ALTER TABLE ${table} SET (fillfactor = 67)`]
