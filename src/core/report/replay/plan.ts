import type { EmployeeView } from '../../ledger/port/inspect.ts'
import type { ReplayTarget } from '../../ledger/port/replays.ts'
import type { HrEvent } from '../../model.ts'
import type { EmployeeEvent } from '../../ledger/employee.ts'
import { planEmployee } from '../../plan/decide/plan.ts'
import type { PlanRules } from '../../plan/decide/planning.ts'
import { type DeadLetter, deadLetterId } from '../dead-letters/dead-letter.ts'

/** A dead letter that is to be replayed, and what it would say. */
export interface Selected {
  readonly dead: DeadLetter
  /** What intake makes of it now; `null` for one of the ledger that goes back as it was. */
  readonly events: readonly HrEvent[] | null
  /** Whom an edited message speaks of. */
  readonly employees: readonly string[]
  /** Why intake would refuse it again; `null` when it would not. */
  readonly refused: string | null
  /** The text to send instead of what it said; `null` leaves it. */
  readonly body: string | null
}

/** What a replay would do, made before anything is done. Counts and names, no values. */
export interface ReplayPlan {
  readonly targets: readonly ReplayTarget[]
  readonly counts: {
    readonly bus: number
    readonly ledger: number
    readonly employees: number
    readonly operations: number
  }
  /** What would become of the events, by state and reason: an event that is superseded or unchanged at once is stale. */
  readonly submissionStatus: ReadonlyMap<string, number>
  /** Left out, with why: intake would refuse them again. */
  readonly leftOut: readonly { readonly id: string; readonly why: string }[]
  /** Messages whose event has had its answer: they are only taken off their shelf. */
  readonly stale: number
}

/** Of messages with the same events the last one counts; the others are stale. */
export function staleAmong(selected: readonly Selected[]): ReadonlySet<Selected> {
  const stale = new Set<Selected>()
  const seen = new Set<string>()
  for (const one of selected.toReversed()) {
    if (one.dead.store !== 'bus') continue
    const names = (one.events ?? []).map(({ source, id }) => `${source}\n${id}`)
    if (one.dead.letter.stale === true || (names.length > 0 && names.every((name) => seen.has(name))))
      stale.add(one)
    for (const name of names) seen.add(name)
  }
  return stale
}

export async function planReplay(
  selected: readonly Selected[],
  loadEmployees: (ids: readonly string[]) => Promise<readonly EmployeeView[]>,
  now: number,
  rules: PlanRules,
): Promise<ReplayPlan> {
  const stale = staleAmong(selected)
  const leftOut = selected.flatMap(({ dead, refused }) =>
    refused === null ? [] : [{ id: deadLetterId(dead), why: refused }],
  )
  const going = selected.filter(({ refused }) => refused === null)
  const byEmployee = new Map<string, Selected[]>()
  for (const one of going)
    if (!stale.has(one)) for (const employeeId of employeesOf(one)) add(byEmployee, employeeId, one)

  const submissionStatus = new Map<string, number>()
  let operations = 0
  const ids = [...byEmployee.keys()]
  for (let at = 0; at < ids.length; at += 200) {
    const part = ids.slice(at, at + 200)
    const views = new Map((await loadEmployees(part)).map((view) => [view.employee.employeeId, view]))
    const planned = await Promise.all(
      part.map(async (employeeId) => {
        const revived = revive(employeeId, views.get(employeeId), byEmployee.get(employeeId) ?? [])
        return { revived, decision: await planEmployee({ ...revived.employee, unanswered: [] }, now, rules) }
      }),
    )
    for (const { revived, decision } of planned) {
      if (decision.kind === 'wait') continue
      if (decision.operation) operations += 1
      for (const { seq, state, reason } of decision.events) {
        if (!revived.seqs.has(seq)) continue
        const key = reason === null ? state : `${state} (${reason})`
        submissionStatus.set(key, (submissionStatus.get(key) ?? 0) + 1)
      }
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
    submissionStatus,
    leftOut,
    stale: stale.size,
  }
}

function employeesOf({ dead, events }: Selected): readonly string[] {
  if (dead.store === 'ledger') return [dead.letter.employeeId]
  return [...new Set((events ?? []).map(({ employeeId }) => employeeId))]
}

function targetOf({ dead, body, employees }: Selected, stale: boolean): ReplayTarget {
  if (dead.store === 'ledger')
    return { store: 'ledger', seq: dead.letter.seq, revision: dead.letter.revision, body, employees }
  const { entity, sequence } = dead.letter.message
  return { store: 'bus', entity, sequence, stale, body, employees }
}

/** The person as if these had been put back, and their numbers; those of events the ledger does not know are below zero. */
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
  const said = new Map<number, HrEvent | null>()
  const added: EmployeeEvent[] = []
  const known = new Set(employee.events.map(({ source, id }) => `${source}\n${id}`))
  for (const { dead, events } of selected) {
    if (dead.store === 'ledger') said.set(dead.letter.seq, events?.[0] ?? null)
    else
      for (const event of events ?? [])
        if (event.employeeId === employeeId && !known.has(`${event.source}\n${event.id}`))
          added.push({
            ...event,
            seq: -1 - added.length,
            dead: false,
            state: 'received',
            reason: null,
            by: null,
          })
  }
  const events = employee.events.map((event): EmployeeEvent =>
    said.has(event.seq)
      ? { ...event, ...said.get(event.seq), dead: false, state: 'received', reason: null, by: null }
      : event,
  )
  const { failure: _failure, ...rest } = employee
  return {
    employee: { ...rest, failedHash: null, events: [...events, ...added] },
    seqs: new Set([...said.keys(), ...added.map(({ seq }) => seq)]),
  }
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const there = map.get(key)
  if (there) there.push(value)
  else map.set(key, [value])
}
