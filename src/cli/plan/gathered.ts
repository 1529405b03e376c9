import { EVENT_REASONS } from '../../core/ledger/event-reason.ts'
import type { EmployeeView } from '../../core/ledger/port/inspect.ts'
import type { EventName } from '../../core/model.ts'
import type { LeavingEmployee } from '../../core/plan/decide/brake.ts'
import type { Preview } from '../../core/plan/preview.ts'
import { leavingIn } from './brake-forecast.ts'

/** Employees that the pilot would hold; leavers are those whose deactivation it holds. */
export interface OutsidePilot {
  readonly employees: number
  readonly leavers: number
}

/** What `plan` knows once it has looked at every employee. */
export interface Gathered {
  /** The number of employees that were looked at. */
  readonly employees: number
  /** Those that the report contains. */
  readonly previews: readonly Preview[]
  readonly leaving: readonly LeavingEmployee[]
  readonly outsidePilot: OutsidePilot
}

export interface Gathering {
  add(view: EmployeeView, preview: Preview, at: number): void
  soFar(): Gathered
}

/**
 * Gathers previews, employee by employee; `everyone` keeps those of which nothing would be sent
 * too.
 */
export function gathering(everyone: boolean): Gathering {
  const previews: Preview[] = []
  const leaving: LeavingEmployee[] = []
  const outsidePilot = { employees: 0, leavers: 0 }
  let employees = 0
  return {
    add: (view, preview, at) => {
      employees += 1
      const leaver = leavingIn(preview, view, at)
      if (leaver) leaving.push(leaver)
      if (isOutsidePilot(preview)) {
        outsidePilot.employees += 1
        if (preview.isInactive) outsidePilot.leavers += 1
      }
      if (everyone || preview.operation !== null || failuresOf(preview).length > 0) previews.push(preview)
    },
    soFar: () => ({ employees, previews, leaving, outsidePilot }),
  }
}

/** The pilot would hold something of the employee. */
function isOutsidePilot({ decisions }: Preview): boolean {
  return decisions.some(({ state, reason }) => state === 'held' && reason === EVENT_REASONS.pilot)
}

/** Why events of an employee would not reach the directory. */
export interface PlanFailure {
  readonly employeeId: string
  readonly reason: string
  /** The attributes that are missing, or the rule that fails and why. Never a value. */
  readonly detail: string
  readonly events: readonly EventName[]
}

/** Why an employee cannot be planned with all events; none when that is possible. */
export function failuresOf({ employeeId, decisions }: Preview): readonly PlanFailure[] {
  const failed = decisions.filter(({ state }) => state === 'incomplete' || state === 'dead-lettered')
  const groups = Map.groupBy(failed, ({ reason, detail }) => JSON.stringify([reason, detail]))
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [
          {
            employeeId,
            reason: first.reason ?? first.state,
            detail: first.detail ?? '',
            events: [first, ...others].map(({ event }) => event),
          },
        ],
  )
}
