import type { BrakeSettings } from '../../ledger/port/plan.ts'
import type { Decision } from '../../ledger/decision.ts'
import { REASONS } from './employee.ts'

export const RELEASED_BRAKE: BrakeSettings = {
  windowMs: 86_400_000,
  absolute: Number.POSITIVE_INFINITY,
  percent: 100,
  floor: Number.POSITIVE_INFINITY,
}

/** Whether `employees` in one window are too many, with `active` people active in the directory. */
export function tooMany(
  employees: number,
  active: number,
  { absolute, percent, floor }: BrakeSettings,
): boolean {
  return employees > absolute || (employees > floor && employees > (active * percent) / 100)
}

type Decided = Extract<Decision, { kind: 'decided' }>

/** The same decision with nothing sent: what the operation would have carried waits, and later events merge into it. */
export function holdBack(decision: Decided): Decided {
  return {
    ...decision,
    braked: true,
    operation: null,
    events: decision.events.map((event) =>
      event.state === 'planned' ? { ...event, state: 'held', reason: REASONS.brake, detail: null } : event,
    ),
  }
}
