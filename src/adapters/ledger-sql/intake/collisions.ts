import { isCollision } from '../../../core/intake/collision.ts'
import type { Refusal } from '../../../core/ledger/port/intake.ts'
import type { JsonObject, Mode } from '../../../core/model.ts'
import { parse } from '../driver/json.ts'
import { readRows, type Sql } from '../driver/sql.ts'
import { type Arrival, storedKey, workerOf } from '../tables/event-row.ts'
import { foldedHash, ownerHash } from '../tables/name-hash.ts'
import type { Sealed, Sealing } from '../sealing/sealing.ts'

interface KnownRow {
  readonly seq: number
  readonly event_id: string
  readonly source: string
  readonly employee: string
  readonly type: string
  readonly mode: Mode
  readonly effective_raw: string | null
  readonly worker: Sealed
  /** It is dead, or was put back: its text may not be that of its message. */
  readonly changed: number
}

/**
 * Arrivals that have the source and id of a known event and are another event. An event that was
 * edited no longer says what its message said: of one that died or was put back, only the employee
 * is compared.
 */
export async function collisionsAmong(sql: Sql, arrivals: readonly Arrival[]): Promise<readonly Arrival[]> {
  const fromBus = arrivals.filter(({ message }) => message !== null)
  if (fromBus.length === 0) return []
  const rows = await readRows<KnownRow>(
    sql,
    ['id TEXT', 'source TEXT'],
    [...new Map(fromBus.map(({ event }) => [storedKey(event.id, event.source), event])).values()].map(
      ({ id, source }) => [id, source],
    ),
    `SELECT e.seq, e.event_id, e.source, e.employee, e.type, e.mode, e.effective_raw, e.worker,
       CASE WHEN e.state = 'dead-lettered' OR e.replays > 0 THEN 1 ELSE 0 END AS changed
     FROM v JOIN events e ON e.event_id = v.id AND e.source = v.source`,
  )
  const known = new Map(rows.map((row) => [storedKey(row.event_id, row.source), row]))
  const employees = await employeesOf(
    sql,
    rows.filter(({ changed }) => changed === 1),
  )
  return fromBus.filter(({ event }) => {
    const row = known.get(storedKey(event.id, event.source))
    if (row === undefined) return false
    return row.changed === 1
      ? !employees.get(row.seq)?.has(event.employeeId.toWellFormed())
      : isAnother(sql.sealing, event, row)
  })
}

/** By `seq`: whose these events are, and whose they were before they were edited. */
async function employeesOf(
  sql: Sql,
  rows: readonly KnownRow[],
): Promise<ReadonlyMap<number, ReadonlySet<string>>> {
  const edited = await readRows<Pick<KnownRow, 'seq' | 'employee'>>(
    sql,
    ['seq INT'],
    rows.map(({ seq }) => [seq]),
    'SELECT v.seq, d.employee FROM v JOIN edits d ON d.event_seq = v.seq WHERE d.employee IS NOT NULL',
  )
  const byEvent = Map.groupBy([...rows, ...edited], ({ seq }) => seq)
  return new Map([...byEvent].map(([seq, all]) => [seq, new Set(all.map(({ employee }) => employee))]))
}

/** Arrivals that have the source and id of an event that is gone, and are about another employee. */
export function collisionsWithFolded(
  { sealing }: Sql,
  gone: ReadonlyMap<string, string | null>,
  arrivals: readonly Arrival[],
): readonly Arrival[] {
  if (gone.size === 0) return []
  return arrivals.filter(({ event, message }) => {
    const owner = gone.get(foldedHash(sealing, event)) ?? null
    return (
      message !== null &&
      owner !== null &&
      owner !== ownerHash(sealing, event, event.employeeId.toWellFormed())
    )
  })
}

/** The row holds text as the database returns it, so the event is compared in the same form. */
function isAnother(sealing: Sealing, event: Arrival['event'], row: KnownRow): boolean {
  const worker = JSON.stringify(event.worker)
  const known = workerOf(sealing, row)
  return isCollision(
    {
      ...event,
      employeeId: event.employeeId.toWellFormed(),
      type: event.type.toWellFormed(),
      effectiveRaw: event.effectiveRaw?.toWellFormed() ?? null,
    },
    {
      employeeId: row.employee,
      type: row.type,
      mode: row.mode,
      effectiveRaw: row.effective_raw,
      worker: worker === known ? event.worker : parse<JsonObject>(known),
    },
  )
}

const DESCRIPTION =
  'id belongs to another event of this source, with another employee or other content; give each event its own id'

/** Why the message at this place of the batch is refused. */
export function collisionRefusal(message: number): Refusal {
  return { message, code: 'EventCollision', field: 'id', description: DESCRIPTION }
}
