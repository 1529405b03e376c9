import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { asTyped, employeeNamed, nearlyMatching } from '../../support/employees.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, formatOption, justificationOption } from '../../support/options/options.ts'
import { type Format, printJson, say } from '../../support/output.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('unblock')
    .argument('<employee>', 'employee id')
    .addOption(actorOption('who lifts the block'))
    .addOption(justificationOption())
    .addOption(formatOption())
    .action(async (employee, options) => finish(await unblock(environment, employee, options)))
}

interface UnblockOptions {
  readonly actor: string
  readonly justification: string
  readonly output: Format
}

/** Exit 0 when the block was lifted, 4 when there is none. */
function unblock(
  environment: NodeJS.ProcessEnv,
  employee: string,
  { actor, justification, output }: UnblockOptions,
): Promise<number> {
  return withLedger(
    environment,
    async (ledger) => {
      const employeeId = await employeeNamed(ledger, employee)
      const lifted = await ledger.unblockEmployee({ employeeId, actor, justification }, Date.now())
      if (output === 'json') printJson({ employeeId, lifted, actor, justification })
      else if (lifted) say(`the block of ${employeeId} is lifted`)
      else say(`no block of ${asTyped(employeeId)} is in force${await nearlyMatching(ledger, employeeId)}`)
      return lifted ? EXIT_CODES.done : EXIT_CODES.notFound
    },
    'write',
  )
}
