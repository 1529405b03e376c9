import { EXIT_CODES } from '../../../core/errors.ts'
import { shortened } from '../../../core/display/visible.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import type { LeaverRest } from '../../../core/ledger/port/leavers.ts'
import { nearlyMatching } from '../../support/employees.ts'
import { employeesCommand } from '../../support/employees-command.ts'
import { type Format, printJson, say } from '../../support/output.ts'

export const register = employeesCommand(
  'resend',
  'send all attributes of leavers for whom the directory accepted only the deactivation (DisabledAlone)',
  resendRest,
)

/** Exit 4 when none of these employees has such an event. */
async function resendRest(ledger: Ledger, order: LeaverRest, output: Format): Promise<number> {
  const { employees, actor, justification } = order
  const events = await ledger.resendLeaverRest(order, Date.now())
  if (output === 'json') printJson({ events, actor, justification })
  else say(`${events} events are sent again with all attributes, requested by ${actor}: ${justification}`)
  if (events === 0)
    for (const employeeId of employees) {
      const candidates = await nearlyMatching(ledger, employeeId)
      if (candidates !== '') say(`${shortened(employeeId)} has no such event${candidates}`)
    }
  return events === 0 ? EXIT_CODES.notFound : EXIT_CODES.done
}
