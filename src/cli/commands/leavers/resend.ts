import { EXIT_CODES } from '../../../core/errors.ts'
import { shortened } from '../../../core/display/visible.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { employeeNamed, nearlyMatching } from '../../support/employees.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, formatOption, justificationOption } from '../../support/options/options.ts'
import { expectTexts } from '../../support/options/texts.ts'
import { type Format, printJson, say } from '../../support/output.ts'

export const register: RegisterCommand = (leavers, { environment, finish }) => {
  leavers
    .command('resend')
    .description(
      'send all attributes of leavers for whom the directory accepted only the deactivation (DisabledAlone)',
    )
    .argument('<employees...>', 'employee ids')
    .addOption(actorOption())
    .addOption(justificationOption())
    .addOption(formatOption())
    .action(async (employees, options) => finish(await resendRest(environment, employees, options)))
}

interface ResendOptions {
  readonly actor: string
  readonly justification: string
  readonly output: Format
}

/** Exit 4 when none of these employees has such an event. */
function resendRest(
  environment: NodeJS.ProcessEnv,
  names: readonly string[],
  { actor, justification, output }: ResendOptions,
): Promise<number> {
  expectTexts({ actor, justification })
  return withLedger(
    environment,
    async (ledger) => {
      const employees: string[] = []
      for (const name of names) employees.push(await employeeNamed(ledger, name))
      const events = await ledger.resendLeaverRest({ employees, actor, justification }, Date.now())
      if (output === 'json') printJson({ events, actor, justification })
      else say(`${events} events are sent again with all attributes, requested by ${actor}: ${justification}`)
      if (events === 0)
        for (const employeeId of employees) {
          const candidates = await nearlyMatching(ledger, employeeId)
          if (candidates !== '') say(`${shortened(employeeId)} has no such event${candidates}`)
        }
      return events === 0 ? EXIT_CODES.notFound : EXIT_CODES.done
    },
    'write',
  )
}
