import type { Decided, EventDecision } from '../../../ledger/decision.ts'
import type { EventReason } from '../../../ledger/event-reason.ts'

/**
 * The same decision without its operation: planned events are held, and later events merge with
 * them.
 */
export function withholdOperation(decision: Decided, reason: EventReason): Decided {
  return {
    ...decision,
    operation: null,
    events: decision.events.map((event): EventDecision =>
      event.state === 'planned' ? { ...event, state: 'held', reason, detail: null } : event,
    ),
  }
}
