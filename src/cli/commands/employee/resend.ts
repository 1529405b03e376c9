import type { RegisterCommand } from '../../support/command.ts'
import { actorOption, formatOption, justificationOption } from '../../support/options/options.ts'
import { orderSending } from './send-order.ts'

export const register: RegisterCommand = (employee, { environment, finish }) => {
  employee
    .command('resend')
    .description(
      'send the record of employees once more, also if the directory has it or refused it for good',
    )
    .argument('<employees...>', 'employee ids')
    .addOption(actorOption())
    .addOption(justificationOption())
    .addOption(formatOption())
    .action(async (employees, options) =>
      finish(await orderSending(environment, employees, { ...options, again: true })),
    )
}
