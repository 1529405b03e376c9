import { EXIT_CODES } from '../../../core/errors.ts'
import { readableHoldings } from '../../../core/display/holdings.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { employeeNamed, nearlyMatching } from '../../support/employees.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, justificationOption } from '../../support/options/options.ts'
import { expectTexts } from '../../support/options/texts.ts'
import { printJson, say } from '../../support/output.ts'

export const register: RegisterCommand = (employee, { environment, finish }) => {
  employee
    .command('export')
    .description('everything that the ledger holds about one employee, as JSON with personal values; audited')
    .argument('<employee>', 'employee id')
    .addOption(actorOption('who asks'))
    .addOption(justificationOption())
    .action(async (employee, options) => finish(await exportEmployee(environment, employee, options)))
}

interface ExportOptions {
  readonly actor: string
  readonly justification: string
}

/** Exit 4 when the ledger holds nothing. The audit entry is written before anything is printed. */
function exportEmployee(
  environment: NodeJS.ProcessEnv,
  name: string,
  { actor, justification }: ExportOptions,
): Promise<number> {
  expectTexts({ actor, justification })
  return withLedger(
    environment,
    async (ledger) => {
      const employeeId = await employeeNamed(ledger, name)
      if ((await ledger.readHoldings(employeeId)) === null) {
        say(`the ledger holds nothing about this employee${await nearlyMatching(ledger, employeeId)}`)
        return EXIT_CODES.notFound
      }
      await ledger.recordDisclosure({ employees: [employeeId], actor, justification }, Date.now())
      const holdings = await ledger.readHoldings(employeeId)
      if (holdings === null) return EXIT_CODES.notFound
      printJson(readableHoldings(holdings))
      return EXIT_CODES.done
    },
    'write',
  )
}
