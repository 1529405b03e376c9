import { type EmployeeEvent, unknownEmployee } from '../../core/ledger/employee.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { EmployeeView } from '../../core/ledger/port/inspect.ts'
import type { HrEvent } from '../../core/model.ts'

/** Employees read from the ledger at once. */
const PAGE = 500

/**
 * Calls `look` for each employee in question: those of the added events, with these on top of the
 * events of the ledger; without added events, those of the ledger.
 */
export async function eachEmployee(
  ledger: Ledger | null,
  added: readonly HrEvent[] | null,
  employeeId: string | undefined,
  look: (view: EmployeeView) => Promise<void>,
): Promise<void> {
  if (added) {
    for (const [id, events] of Map.groupBy(added, (event) => event.employeeId)) {
      if (employeeId !== undefined && id !== employeeId) continue
      await look(onTop(events, id, await employeeIn(ledger, id)))
    }
  } else if (employeeId !== undefined) {
    const view = await employeeIn(ledger, employeeId)
    if (view) await look(view)
  } else if (ledger) {
    for (let page = await ledger.listEmployees(null, PAGE); page.length > 0;) {
      for (const view of page) await look(view)
      page = await ledger.listEmployees(page.at(-1)?.employee.employeeId ?? null, PAGE)
    }
  }
}

/** The employee with this id, not an event that has the same name. */
async function employeeIn(ledger: Ledger | null, employeeId: string): Promise<EmployeeView | null> {
  return (
    (await ledger?.findEmployees(employeeId))?.find(
      ({ employee, event }) => employee.employeeId === employeeId && event === null,
    ) ?? null
  )
}

function onTop(events: readonly HrEvent[], employeeId: string, there: EmployeeView | null): EmployeeView {
  const known = new Set(there?.employee.events.map(({ source, id }) => `${source}\n${id}`))
  const added = events
    .filter(({ source, id }) => !known.has(`${source}\n${id}`))
    // Negative, because no event of the ledger has such a number.
    .map((event, index): EmployeeEvent => ({
      ...event,
      seq: -1 - index,
      dead: false,
      state: 'received',
      reason: null,
      by: null,
    }))
  const employee = there?.employee ?? unknownEmployee(employeeId)
  return {
    employee: { ...employee, events: [...employee.events, ...added] },
    lastAccepted: there?.lastAccepted ?? null,
    brake: there?.brake ?? null,
    event: null,
  }
}
