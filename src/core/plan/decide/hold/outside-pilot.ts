import type { Decided } from '../../../ledger/decision.ts'
import { EVENT_REASONS } from '../../../ledger/event-reason.ts'
import type { Planning } from '../planning.ts'
import { withholdOperation } from './withhold.ts'

/** Holds what would be sent of an employee outside the pilot, a deactivation too. */
export function holdOutsidePilot(decision: Decided, { employee, state, rules }: Planning): Decided {
  return !rules.pilot || rules.pilot.includes(employee.employeeId, state.attributes)
    ? decision
    : withholdOperation(decision, EVENT_REASONS.pilot)
}
