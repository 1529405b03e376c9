import { type EventName, type HrEvent, type JsonObject, isTermination } from '../../../core/model.ts'
import { parse } from '../driver/json.ts'
import { type Sql, withRows } from '../driver/sql.ts'

interface Dead {
  readonly seq: number
  readonly employee: string
  readonly worker: string
  readonly rescinds: string | null
}

/**
 * Which of these dead events keep their person out: those that say so, and rescinds of what makes the person active or of another rescind, whose
 * word is doubted while they are dead.
 */
export async function blockingReactivation(sql: Sql, dead: readonly Dead[]): Promise<ReadonlySet<number>> {
  const rescinding = dead.flatMap(({ rescinds, ...one }) =>
    rescinds === null ? [] : [{ ...one, target: parse<EventName>(rescinds) }],
  )
  const targets = await withRows<{
    source: string
    event_id: string
    employee: string
    worker: string
    rescinds: string | null
  }>(
    sql,
    ['source TEXT', 'id TEXT'],
    rescinding.map(({ target }) => [target.source, target.id]),
    'SELECT e.source, e.event_id, e.employee, e.worker, e.rescinds FROM v JOIN events e ON e.event_id = v.id AND e.source = v.source',
  )
  const doubted = new Set(
    targets
      .filter(({ worker, rescinds }) => rescinds !== null || parse<JsonObject>(worker)['active'] === true)
      .map((row) => [row.source, row.event_id, row.employee].join('\n')),
  )
  return new Set([
    ...dead.filter(says).map(({ seq }) => seq),
    ...rescinding
      .filter(({ target, employee }) => doubted.has([target.source, target.id, employee].join('\n')))
      .map(({ seq }) => seq),
  ])
}

/** Whether an event that keeps its person out would do so no longer if it said this. */
export function takesBack(dead: Dead, event: HrEvent): boolean {
  const { source, id } = event.rescinds ?? { source: null, id: null }
  const target = dead.rescinds === null ? null : parse<EventName>(dead.rescinds)
  return (
    event.employeeId.toWellFormed() !== dead.employee ||
    (says(dead) && !isTermination(event)) ||
    (target !== null && (target.source !== source || target.id !== id))
  )
}

const says = ({ worker }: Dead): boolean => isTermination({ worker: parse<JsonObject>(worker) })
