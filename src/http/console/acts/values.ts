import type { AskedFor } from '../../../core/connections/connection.ts'
import { RollcallError } from '../../../core/errors.ts'
import { cursorOf } from '../../../core/explain/trace-cursor.ts'
import type { ConsoleContext } from '../context.ts'
import { readEmployee } from '../employee/read.ts'
import { type EmployeeShown, employeeView } from '../employee/view.ts'
import { timesAt } from '../times.ts'
import { type Asked, justificationOf, type Result } from './asked.ts'

type Act = (asked: Asked) => Promise<Result>

/** The page of an employee with values. */
export function showValues(context: ConsoleContext): Act {
  return (asked) => disclosed(asked, context, async () => ({ values: true, connection: null }))
}

/** The page of an employee with the account that the provisioning job has for the employee. */
export function showConnection(context: ConsoleContext): Act {
  return (asked) =>
    disclosed(asked, context, async (employee) => ({
      values: false,
      connection: (await context.connections([employee])).get(employee.id) ?? null,
    }))
}

/**
 * A page of an employee that shows more than its address does. It is the answer to the form, and
 * has no address of its own: no link, prefetch or reload without the form leads to it. The audit
 * trail has its entry before anything is read or shown; when the entry cannot be written, nothing is.
 */
async function disclosed(
  { form, ledger, visitor, actor, now }: Asked,
  context: ConsoleContext,
  read: (employee: AskedFor) => Promise<Pick<EmployeeShown, 'values' | 'connection'>>,
): Promise<Result> {
  const [employeeId = ''] = form.all('employee')
  const next = form.text('next')
  const cursor = next === null ? null : cursorOf(next)
  if (next !== null && cursor === null)
    throw new RollcallError('ArgumentInvalid', 'the form names a part of the page that does not exist')
  const justification = justificationOf(form)
  const found = await readEmployee(ledger, employeeId, cursor, context)
  if (found === null)
    return { refused: 'The ledger does not know this id', fix: 'Search for the employee.', to: '/search' }
  await ledger.recordDisclosure({ employees: [employeeId], actor, justification }, now)
  const shown = {
    visitor,
    cursor,
    ...(await read({ id: employeeId, destination: found.trace?.employee.destination ?? null })),
  }
  const body = employeeView(found, shown, timesAt(found.answer.at, context.zone))
  return { page: { title: `Employee ${employeeId}`, body, current: null } }
}
