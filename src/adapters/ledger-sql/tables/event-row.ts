import type { IntakeMessage } from '../../../core/ledger/port/intake.ts'
import type { HrEvent } from '../../../core/model.ts'
import { eventKey } from '../../../core/plan/fold/event.ts'
import type { SqlValue } from '../driver/sql.ts'
import { type Sealed, type Sealing, sealOrNull } from '../sealing/sealing.ts'

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

export function eventRow(sealing: Sealing, event: HrEvent, now: number): SqlValue[] {
  return [
    event.id,
    event.source,
    event.type,
    event.employeeId,
    ...contentOf(sealing, event),
    'received',
    now,
    event.mode === 'notice' ? now : null,
  ]
}

/** What an event says, in the order of the columns from `recorded_at` to `traceparent`. */
export function contentOf(sealing: Sealing, event: HrEvent): SqlValue[] {
  return [
    event.recordedAt,
    event.effectiveAt,
    event.effectiveRaw,
    event.rank,
    event.order === null ? null : JSON.stringify(event.order),
    event.mode,
    sealing.seal('events.worker', eventKey(event), JSON.stringify(event.worker)),
    event.rescinds && JSON.stringify(event.rescinds),
    event.traceparent,
  ]
}

/** The attributes that an event says, as JSON. */
export function workerOf(
  sealing: Sealing,
  row: { readonly source: string; readonly event_id: string; readonly worker: Sealed },
): string {
  return sealing.open('events.worker', eventKey({ source: row.source, id: row.event_id }), row.worker)
}

/** The message without its body, as JSON, and the body, which is stored unchanged. */
export type OriginalTexts = readonly [original: string | null, body: string | null]

export function originalOf(message: IntakeMessage | null): OriginalTexts {
  if (!message?.original) return [null, null]
  const { body, ...rest } = message.original
  const { entity, sequence, enqueuedAt } = message
  return [JSON.stringify({ entity, sequence, enqueuedAt, ...rest }), body]
}

/** The two columns of an event's original. */
export function sealOriginal(sealing: Sealing, seq: number, [original, body]: OriginalTexts): SqlValue[] {
  return [
    sealOrNull(sealing, 'originals.original', seq, original),
    sealOrNull(sealing, 'originals.body', seq, body),
  ]
}
