import { isTermination } from '../../../model.ts'
import type { Decided } from '../../../ledger/decision.ts'
import { withholdOperation } from './withhold.ts'
import { EVENT_REASONS } from '../../../ledger/event-reason.ts'
import { fold } from '../../fold/fold.ts'
import type { FoldRules } from '../../fold/rules.ts'
import type { Employee } from '../../../ledger/employee.ts'

/**
 * Never reverses a deactivation that the log shows and this connector did not send, unless HR
 * recorded a reason after it: an event in force with `active: true`, or a rescind of a termination.
 * The moment that counts is the one the log gives.
 */
export function respectDeactivation(
  employee: Employee,
  decision: Decided,
  now: number,
  rules?: FoldRules,
): Decided {
  const { disabledElsewhereAt: since = null } = employee
  if (since === null || decision.operation?.active !== true) return decision
  return isActivatedSince(employee, since, now, rules)
    ? { ...decision, elsewhere: 'overruled' }
    : { ...withholdOperation(decision, EVENT_REASONS.disabledElsewhere), elsewhere: 'held' }
}

/** Whether HR recorded after `since` that the employee is active. */
export function isActivatedSince(
  { events }: Employee,
  since: number,
  now: number,
  rules?: FoldRules,
): boolean {
  const { effects } = fold(events, now, rules)
  return events.some((event) => {
    if (event.recordedAt <= since || effects.get(event.seq)?.kind !== 'applied') return false
    const { rescinds } = event
    if (event.worker['active'] === true) return true
    return (
      rescinds !== null &&
      events.some(
        (target) => target.id === rescinds.id && target.source === rescinds.source && isTermination(target),
      )
    )
  })
}
