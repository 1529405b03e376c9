import type { Ledger } from '../../core/ledger/ledger.ts'
import type { RegisterCommand } from './command.ts'
import { employeesNamed } from './employees.ts'
import { withLedger } from './ledger.ts'
import { actorOption, formatOption, justificationOption } from './options/options.ts'
import { expectTexts } from './options/texts.ts'
import type { Format } from './output.ts'

/** Who orders something for employees, and why. */
interface EmployeesOrder {
  readonly employees: readonly string[]
  readonly actor: string
  readonly justification: string
}

/** Returns the exit code of the command. */
type CarryOut = (ledger: Ledger, order: EmployeesOrder, output: Format) => Promise<number>

/** A command that is given employees, who asks, and why. */
export function employeesCommand(name: string, description: string, carryOut: CarryOut): RegisterCommand {
  return (parent, { environment, finish }) => {
    parent
      .command(name)
      .description(description)
      .argument('<employees...>', 'employee ids')
      .addOption(actorOption())
      .addOption(justificationOption())
      .addOption(formatOption())
      .action(async (names, { actor, justification, output }) => {
        expectTexts({ actor, justification })
        const work = async (ledger: Ledger): Promise<number> =>
          carryOut(ledger, { employees: await employeesNamed(ledger, names), actor, justification }, output)
        finish(await withLedger(environment, work, 'write'))
      })
  }
}
