import type { PersonView } from '../../../core/ledger/port.ts'
import { loadPeople } from '../plan/load.ts'
import { type Sql, withRows } from '../driver/sql.ts'
import { find } from './trace.ts'

export async function findPeople(sql: Sql, reference: string): Promise<PersonView[]> {
  const found: PersonView[] = []
  for (const { employee, event } of await find(sql, reference))
    for (const view of await viewsOf(sql, [employee])) found.push({ ...view, event })
  return found
}

export async function peoplePage(sql: Sql, after: string | null, limit: number): Promise<PersonView[]> {
  const rows = await sql.all<{ id: string }>('SELECT id FROM employees WHERE id > ? ORDER BY id LIMIT ?', [
    after ?? '',
    limit,
  ])
  const views = new Map(
    (
      await viewsOf(
        sql,
        rows.map(({ id }) => id),
      )
    ).map((view) => [view.person.employee, view]),
  )
  return rows.flatMap(({ id }) => views.get(id) ?? [])
}

export async function viewsOf(sql: Sql, ids: readonly string[]): Promise<PersonView[]> {
  // What the directory holds is not known while the fingerprint is not, whatever it took before.
  const taken = new Map(
    (
      await withRows<{ id: string; record: string }>(
        sql,
        ['id TEXT'],
        ids.map((id) => [id]),
        'SELECT p.id, o.record FROM v JOIN employees p ON p.id = v.id JOIN operations o ON o.seq = p.taken_operation WHERE p.taken_hash = o.hash',
      )
    ).map((row) => [row.id, row.record]),
  )
  return (await loadPeople(sql, ids)).map((person) => ({
    person,
    taken: taken.get(person.employee) ?? null,
    event: null,
  }))
}
