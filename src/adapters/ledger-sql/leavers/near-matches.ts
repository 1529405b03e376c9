import { similarityKey } from '../../../core/intake/event/employee-id.ts'
import { readRows, type Sql } from '../driver/sql.ts'

/** A longer list would not help the reader to choose. */
const MOST_CANDIDATES = 5

/** Other known employee ids that a person would read as the same, by id. */
export async function nearMatches(
  sql: Sql,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await readRows<{ id: string; candidate: string }>(
    sql,
    ['id TEXT', 'similarity_key TEXT'],
    ids.map((id) => [id, similarityKey(id)]),
    `SELECT v.id, p.id AS candidate FROM v JOIN employees p ON p.id = v.similarity_key WHERE p.id <> v.id
     UNION SELECT v.id, p.id AS candidate FROM v JOIN employees p ON p.similarity_key = v.similarity_key WHERE p.id <> v.id
     ORDER BY candidate`,
  )
  return new Map(
    [...Map.groupBy(rows, ({ id }) => id)].map(([id, found]) => [
      id,
      found.slice(0, MOST_CANDIDATES).map(({ candidate }) => candidate),
    ]),
  )
}
