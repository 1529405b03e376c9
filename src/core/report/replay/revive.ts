import { type EmployeeEvent, unknownEmployee } from '../../ledger/employee.ts'
import type { EmployeeView } from '../../ledger/port/inspect.ts'
import type { HrEvent } from '../../model.ts'
import { nameKey } from '../dead-letters/dead-letter.ts'
import type { Selected } from '../dead-letters/selection/selected.ts'

export function groupByEmployee(going: readonly Selected[]): ReadonlyMap<string, readonly Selected[]> {
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

const REVIVED = { dead: false, state: 'received', reason: null, by: null } as const

/**
 * The employee as if these dead letters had been put back, and the sequence numbers of their
 * events. Events that the ledger does not know yet get negative ones.
 */
export function revive(
  employeeId: string,
  view: EmployeeView | undefined,
  selected: readonly Selected[],
): { readonly employee: EmployeeView['employee']; readonly seqs: ReadonlySet<number> } {
  const employee = view?.employee ?? unknownEmployee(employeeId)
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
