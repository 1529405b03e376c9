import type { EventDecision, Decision } from '../../ledger/decision.ts'
import type { Employee } from '../../ledger/employee.ts'
import { REASONS } from './employee.ts'
import { fold } from '../fold/fold.ts'
import type { FoldRules } from '../fold/rules.ts'
import { isTermination } from '../../model.ts'

type Decided = Extract<Decision, { kind: 'decided' }>

/**
 * A deactivation that the log shows and that we do not know to have sent is never reversed without an event newer than it. Newer is what HR
 * recorded later than the moment the log gives to the deactivation: an event in force that says `active: true`, or a rescind of a leaving.
 */
export function respectDeactivation(
  employee: Employee,
  decision: Decision,
  now: number,
  rules?: FoldRules,
): Decision {
  const { disabledElsewhereAt: since = null } = employee
  if (since === null || decision.kind === 'wait' || decision.operation?.active !== true) return decision
  return saysActiveSince(employee, since, now, rules)
    ? { ...decision, elsewhere: 'overruled' }
    : { ...withhold(decision), elsewhere: 'held' }
}

function saysActiveSince({ events }: Employee, since: number, now: number, rules?: FoldRules): boolean {
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

/** Nothing is sent; what the operation would have carried waits, and later events merge into it. */
function withhold(decision: Decided): Decided {
  return {
    ...decision,
    operation: null,
    events: decision.events.map((event): EventDecision =>
      event.state === 'planned'
        ? { ...event, state: 'held', reason: REASONS.disabledElsewhere, detail: null }
        : event,
    ),
  }
}
