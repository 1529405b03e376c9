import { employeesCommand } from '../../support/employees-command.ts'
import { orderSending } from './send-order.ts'

export const register = employeesCommand(
  'provision',
  'plan employees now and send what changed with the next call, without waiting for more events',
  (ledger, order, output) => orderSending(ledger, { ...order, again: false }, output),
)
