import type { IntakeMessage } from '../../../core/ledger/port/intake.ts'
import type { HrEvent } from '../../../core/model.ts'
import type { SqlValue } from '../driver/sql.ts'

/**
 * An event and the message it came in; `null` for a row of a file. `first`: the message was not
 * seen before.
 */
export interface Arrival {
  readonly event: HrEvent
  readonly message: IntakeMessage | null
  readonly first: boolean
}
/**
 * The key of an event as the database returns it: in UTF-8 a lone surrogate becomes a replacement
 * character.
 */
export const storedKey = (id: string, source: string): string => `${id}\n${source}`.toWellFormed()

export function eventRow(event: HrEvent, now: number): SqlValue[] {
  return [
    event.id,
    event.source,
    event.type,
    event.employeeId,
    ...contentOf(event),
    'received',
    now,
    event.mode === 'notice' ? now : null,
  ]
}

/** What an event says, in the order of the columns from `recorded_at` to `traceparent`. */
export function contentOf(event: HrEvent): SqlValue[] {
  return [
    event.recordedAt,
    event.effectiveAt,
    event.effectiveRaw,
    event.rank,
    event.order === null ? null : JSON.stringify(event.order),
    event.mode,
    JSON.stringify(event.worker),
    event.rescinds && JSON.stringify(event.rescinds),
    event.traceparent,
  ]
}

/** The message without its body, as JSON, and the body, which is stored unchanged. */
export function originalOf(message: IntakeMessage | null): SqlValue[] {
  if (!message?.original) return [null, null]
  const { body, ...rest } = message.original
  const { entity, sequence, enqueuedAt } = message
  return [JSON.stringify({ entity, sequence, enqueuedAt, ...rest }), body]
}
