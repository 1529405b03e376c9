import { isCollision } from '../../core/intake/collision.ts'
import type { EmployeeEvent } from '../../core/ledger/employee.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { HrEvent } from '../../core/model.ts'
import { collided, type EventLine } from '../support/files/event-file.ts'

/**
 * What the lines of a file become beside the events that the ledger holds. With an employee, only
 * the lines about that employee and those that name none.
 */
export async function compareLines(
  lines: readonly EventLine[],
  ledger: Ledger | null,
  employeeId: string | undefined,
): Promise<readonly EventLine[]> {
  const compared: EventLine[] = []
  for (const line of lines) {
    if (employeeId !== undefined && line.event !== null && line.event.employeeId !== employeeId) continue
    compared.push(await compare(line, ledger))
  }
  return compared
}

/** A dead letter that comes again is compared with nothing: it may have been edited since. */
async function compare(line: EventLine, ledger: Ledger | null): Promise<EventLine> {
  if (line.becomes !== 'taken' || line.event === null || ledger === null) return line
  const known = await eventIn(ledger, line.event)
  if (known === null) return line
  return known.state !== 'dead-lettered' && isCollision(line.event, known)
    ? collided(line)
    : { ...line, becomes: 'duplicate' }
}

async function eventIn(ledger: Ledger, { source, id }: HrEvent): Promise<EmployeeEvent | null> {
  const views = await ledger.findEmployees(id)
  return (
    views
      .flatMap(({ employee }) => employee.events)
      .find((event) => event.id === id && event.source === source) ?? null
  )
}
