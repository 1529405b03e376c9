import type { EmployeeView } from '../../ledger/port/inspect.ts'
import type { ReplayTarget } from '../../ledger/port/replays.ts'
import type { Decision } from '../../ledger/decision.ts'
import { planEmployee } from '../../plan/decide/plan.ts'
import type { PlanRules } from '../../plan/decide/planning.ts'
import { deadLetterId, nameKey } from '../dead-letters/dead-letter.ts'
import type { FieldChange } from '../dead-letters/selection/field-changes.ts'
import type { Selected } from '../dead-letters/selection/selected.ts'
import { groupByEmployee, revive } from './revive.ts'

/** What a replay would do. Made before anything changes. Only `changes` holds values. */
export interface ReplayPlan {
  /** What a run of it freezes (`ReplayLedger.freezeReplay`). */
  readonly targets: readonly ReplayTarget[]
  readonly counts: {
    readonly bus: number
    readonly ledger: number
    readonly employees: number
    readonly operations: number
  }
  /** How many events would get which state, by state and reason. */
  readonly expectedStates: ReadonlyMap<string, number>
  /** Left out with the code with which intake would refuse them again. */
  readonly leftOut: readonly LeftOut[]
  /** How many messages are stale: they are only removed from their dead-letter queue. */
  readonly stale: number
  /** What an edit changes, for each dead letter that it changes. */
  readonly changes: readonly EditedLetter[]
}

export interface LeftOut {
  readonly id: string
  readonly why: string
  /** Names fields and places, never values. */
  readonly detail?: string
}
export interface EditedLetter {
  readonly id: string
  readonly employees: readonly string[]
  readonly fields: readonly FieldChange[]
}

/** Employees loaded from the ledger at once. */
const AT_ONCE = 200

export async function planReplay(
  selected: readonly Selected[],
  loadEmployees: (ids: readonly string[]) => Promise<readonly EmployeeView[]>,
  now: number,
  rules: PlanRules,
): Promise<ReplayPlan> {
  const stale = staleAmong(selected)
  const going = selected.filter(({ refused }) => refused === null)
  const byEmployee = groupByEmployee(going.filter((one) => !stale.has(one)))
  const expectedStates = new Map<string, number>()
  let operations = 0
  const ids = [...byEmployee.keys()]
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const part = ids.slice(at, at + AT_ONCE)
    const views = new Map((await loadEmployees(part)).map((view) => [view.employee.employeeId, view]))
    const planned = await Promise.all(
      part.map(async (employeeId) => {
        const revived = revive(employeeId, views.get(employeeId), byEmployee.get(employeeId) ?? [])
        return { revived, decision: await planEmployee({ ...revived.employee, unanswered: [] }, now, rules) }
      }),
    )
    for (const { revived, decision } of planned) {
      if (decision.kind !== 'wait' && decision.operation) operations += 1
      countStates(decision, revived.seqs, expectedStates)
    }
  }
  return {
    targets: going.map((one) => targetOf(one, stale.has(one))),
    counts: {
      bus: going.filter(({ dead }) => dead.store === 'bus').length,
      ledger: going.filter(({ dead }) => dead.store === 'ledger').length,
      employees: byEmployee.size,
      operations,
    },
    expectedStates,
    leftOut: selected.flatMap(leftOutOf),
    stale: going.filter((one) => stale.has(one)).length,
    changes: going.flatMap(({ dead, employees, changes }) =>
      changes.length === 0 ? [] : [{ id: deadLetterId(dead), employees, fields: changes }],
    ),
  }
}

/** Of several messages with the same events only the last one counts; the others are stale. */
function staleAmong(selected: readonly Selected[]): ReadonlySet<Selected> {
  const stale = new Set<Selected>()
  const seen = new Set<string>()
  for (const one of selected.toReversed()) {
    if (one.dead.store !== 'bus') continue
    const names = (one.events ?? []).map(nameKey)
    if (one.dead.letter.stale === true || (names.length > 0 && names.every((name) => seen.has(name))))
      stale.add(one)
    for (const name of names) seen.add(name)
  }
  return stale
}

function leftOutOf({ dead, refused, detail }: Selected): readonly LeftOut[] {
  if (refused === null) return []
  return [{ id: deadLetterId(dead), why: refused, ...(detail === undefined ? {} : { detail }) }]
}

function countStates(decision: Decision, seqs: ReadonlySet<number>, counts: Map<string, number>): void {
  if (decision.kind === 'wait') return
  for (const { seq, state, reason } of decision.events) {
    if (!seqs.has(seq)) continue
    const key = reason === null ? state : `${state} (${reason})`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
}

function targetOf({ dead, body, employees }: Selected, stale: boolean): ReplayTarget {
  if (dead.store === 'ledger')
    return { store: 'ledger', seq: dead.letter.seq, revision: dead.letter.revision, body, employees }
  const { entity, sequence } = dead.letter.message
  return { store: 'bus', entity, sequence, stale, body, employees }
}
