import type { RegisterCommand } from '../../support/command.ts'
import { actorOption, formatOption, justificationOption } from '../../support/options/options.ts'
import { orderSending } from './send-order.ts'

export const register: RegisterCommand = (employee, { environment, finish }) => {
  employee
    .command('provision')
    .description(
      'plan employees now and send what changed with the next call, without waiting for more events',
    )
    .argument('<employees...>', 'employee ids')
    .addOption(actorOption())
    .addOption(justificationOption())
    .addOption(formatOption())
    .action(async (employees, options) =>
      finish(await orderSending(environment, employees, { ...options, again: false })),
    )
}
