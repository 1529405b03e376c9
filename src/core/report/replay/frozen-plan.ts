import type { EmployeeView } from '../../ledger/port/inspect.ts'
import type { ReplayTarget } from '../../ledger/port/replays.ts'
import type { HrEvent } from '../../model.ts'
import type { EmployeeEvent } from '../../ledger/employee.ts'
import type { Decision } from '../../ledger/decision.ts'
import { planEmployee } from '../../plan/decide/plan.ts'
import type { PlanRules } from '../../plan/decide/planning.ts'
import { deadLetterId, nameKey } from '../dead-letters/dead-letter.ts'
import type { Selected } from '../dead-letters/selected.ts'

/** What a replay would do. Made before anything changes. It holds counts and names, no values. */
export interface ReplayPlan {
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
  readonly leftOut: readonly { readonly id: string; readonly why: string }[]
  /** How many messages are stale: they are only removed from their dead-letter queue. */
  readonly stale: number
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
    leftOut: selected.flatMap(({ dead, refused }) =>
      refused === null ? [] : [{ id: deadLetterId(dead), why: refused }],
    ),
    stale: stale.size,
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

function groupByEmployee(going: readonly Selected[]): ReadonlyMap<string, readonly Selected[]> {
  const byEmployee = new Map<string, Selected[]>()
  for (const one of going)
    for (const employeeId of employeesOf(one)) {
      const there = byEmployee.get(employeeId)
      if (there) there.push(one)
      else byEmployee.set(employeeId, [one])
    }
  return byEmployee
}

function employeesOf({ dead, events }: Selected): readonly string[] {
  if (dead.store === 'ledger') return [dead.letter.employeeId]
  return [...new Set((events ?? []).map(({ employeeId }) => employeeId))]
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

const REVIVED = { dead: false, state: 'received', reason: null, by: null } as const

/**
 * The employee as if these dead letters had been put back, and the sequence numbers of their
 * events. Events that the ledger does not know yet get negative ones.
 */
function revive(
  employeeId: string,
  view: EmployeeView | undefined,
  selected: readonly Selected[],
): { readonly employee: EmployeeView['employee']; readonly seqs: ReadonlySet<number> } {
  const employee = view?.employee ?? {
    employeeId,
    revision: 0,
    acceptedHash: null,
    known: false,
    unanswered: [],
    events: [],
  }
  const edits = new Map<number, HrEvent | null>()
  const added: EmployeeEvent[] = []
  const known = new Set(employee.events.map(nameKey))
  for (const { dead, events } of selected) {
    if (dead.store === 'ledger') edits.set(dead.letter.seq, events?.[0] ?? null)
    else
      for (const event of events ?? [])
        if (event.employeeId === employeeId && !known.has(nameKey(event)))
          added.push({ ...event, seq: -1 - added.length, ...REVIVED })
  }
  const events = employee.events.map((event): EmployeeEvent =>
    edits.has(event.seq) ? { ...event, ...edits.get(event.seq), ...REVIVED } : event,
  )
  const { failure: _failure, ...rest } = employee
  return {
    employee: { ...rest, failedHash: null, events: [...events, ...added] },
    seqs: new Set([...edits.keys(), ...added.map(({ seq }) => seq)]),
  }
}
