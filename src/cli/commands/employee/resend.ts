import { employeesCommand } from '../../support/employees-command.ts'
import { orderSending } from './send-order.ts'

export const register = employeesCommand(
  'resend',
  'send the record of employees once more, also if the directory has it or refused it for good',
  (ledger, order, output) => orderSending(ledger, { ...order, again: true }, output),
)
