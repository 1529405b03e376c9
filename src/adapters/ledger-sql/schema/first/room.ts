import type { Dialect } from '../../driver/sql.ts'

/**
 * A row that changes stays in its page where that has room, and PostgreSQL then writes no entry of
 * any index whose columns are the same (https://www.postgresql.org/docs/current/storage-hot.html).
 * Also its log then holds only the part of the row between the first byte that differs and the
 * last, so the columns of such a table stand in the order of how rarely they change. Half of each
 * page is left free, because the rows of one transaction change together.
 */
export const withRoom = ({ name }: Dialect, table: string): readonly string[] =>
  name === 'sqlite' ? [] : [`ALTER TABLE ${table} SET (fillfactor = 50)`]
