import type { EventName, HrEvent, JsonObject } from '../../../core/model.ts'
import {
  type AccessEvent,
  blocksReactivation,
  liftsBlock,
} from '../../../core/plan/decide/blocks-reactivation.ts'
import { eventKey } from '../../../core/plan/fold/event.ts'
import { parse } from '../driver/json.ts'
import type { Sealed, Sealing } from '../sealing/sealing.ts'
import { workerOf } from '../tables/event-row.ts'
import { type Sql, readRows } from '../driver/sql.ts'

interface AccessRow {
  readonly source: string
  readonly event_id: string
  readonly employee: string
  readonly worker: Sealed
  readonly rescinds: string | null
}
/** A dead event and its effect on access. */
export interface DeadEventRow extends AccessRow {
  readonly seq: number
}

/**
 * Which of these dead events keep their employee from being reactivated. Reads the events that
 * rescinds name.
 */
export async function blockingReactivation(
  sql: Sql,
  dead: readonly DeadEventRow[],
): Promise<ReadonlySet<number>> {
  const events = dead.map((row) => ({ seq: row.seq, event: toAccessEvent(sql.sealing, row) }))
  const names = events.flatMap(({ event: { rescinds } }) => (rescinds === null ? [] : [rescinds]))
  const targets = await readRows<AccessRow>(
    sql,
    ['source TEXT', 'id TEXT'],
    names.map(({ source, id }) => [source, id]),
    'SELECT e.source, e.event_id, e.employee, e.worker, e.rescinds FROM v JOIN events e ON e.event_id = v.id AND e.source = v.source',
  )
  const targetOf = new Map(
    targets.map((row) => [
      eventKey({ source: row.source, id: row.event_id }),
      toAccessEvent(sql.sealing, row),
    ]),
  )
  return new Set(
    events.flatMap(({ seq, event }) => {
      const target = event.rescinds && targetOf.get(eventKey(event.rescinds))
      return blocksReactivation(event, target ?? null) ? [seq] : []
    }),
  )
}

/** Whether a dead event that blocks a reactivation would stop doing so with this content. */
export function liftsBlockOf(sealing: Sealing, dead: AccessRow, event: HrEvent): boolean {
  // The ledger holds well-formed text.
  return liftsBlock(toAccessEvent(sealing, dead), { ...event, employeeId: event.employeeId.toWellFormed() })
}

function toAccessEvent(sealing: Sealing, row: AccessRow): AccessEvent {
  const { employee, rescinds } = row
  return {
    employeeId: employee,
    worker: parse<JsonObject>(workerOf(sealing, row)),
    rescinds: rescinds === null ? null : parse<EventName>(rescinds),
  }
}
