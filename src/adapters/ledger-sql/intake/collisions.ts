import { isCollision } from '../../../core/intake/collision.ts'
import type { Refusal } from '../../../core/ledger/port/intake.ts'
import type { JsonObject, Mode } from '../../../core/model.ts'
import { parse } from '../driver/json.ts'
import { readRows, type Sql } from '../driver/sql.ts'
import { type Arrival, storedKey } from '../tables/event-row.ts'

interface KnownRow {
  readonly event_id: string
  readonly source: string
  readonly employee: string
  readonly type: string
  readonly mode: Mode
  readonly effective_raw: string | null
  readonly worker: string
}

/**
 * Arrivals that have the source and id of a known event and are another event. A dead letter is
 * compared when it is put back, and an event that was edited no longer says what its message said.
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
    `SELECT e.event_id, e.source, e.employee, e.type, e.mode, e.effective_raw, e.worker
     FROM v JOIN events e ON e.event_id = v.id AND e.source = v.source
     WHERE COALESCE(e.state, '') <> 'dead-lettered' AND e.replays < 1`,
  )
  const known = new Map(rows.map((row) => [storedKey(row.event_id, row.source), row]))
  return fromBus.filter(({ event }) => {
    const row = known.get(storedKey(event.id, event.source))
    return row !== undefined && isAnother(event, row)
  })
}

/** The row holds text as the database returns it, so the event is compared in the same form. */
function isAnother(event: Arrival['event'], row: KnownRow): boolean {
  const worker = JSON.stringify(event.worker)
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
      worker: worker === row.worker ? event.worker : parse<JsonObject>(row.worker),
    },
  )
}

const DESCRIPTION =
  'id belongs to another event of this source, with another employee or other content; give each event its own id'

/** Why the message at this place of the batch is refused. */
export function collisionRefusal(message: number): Refusal {
  return { message, code: 'EventCollision', field: 'id', description: DESCRIPTION }
}
