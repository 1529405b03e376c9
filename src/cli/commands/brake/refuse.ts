import { EXIT_CODES, RollcallError } from '../../../core/errors.ts'
import { heldEmployees, previewOrder } from '../../../core/plan/brake-order.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { yesOption } from '../../support/options/confirm.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, formatOption, justificationOption } from '../../support/options/options.ts'
import { type Format, printJson, printLines } from '../../support/output.ts'
import { confirmedForAll, employeesOf, type OrderOptions, printAfter, sayNotBraked } from './order.ts'

export const register: RegisterCommand = (brake, { environment, finish }) => {
  brake
    .command('refuse')
    .description('keep the accounts of held employees, because HR should not have sent the terminations')
    .argument('[employees...]', 'employee ids')
    .option('--file <path>', 'read more employee ids from this file, one a line')
    .option('--all', 'every employee who is held', false)
    .option(
      '--keep-counting',
      'earlier deactivations keep counting, even when no employee is held any more',
      false,
    )
    .option('--dry-run', 'print how many would be refused, and change nothing', false)
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(justificationOption())
    .addOption(formatOption())
    .action(async (employees, options) => finish(await refuseBrake(environment, employees, options)))
}

interface RefuseOptions extends OrderOptions {
  readonly all: boolean
  readonly keepCounting: boolean
  readonly output: Format
}

/**
 * Exit 4 when none of those named is held, 7 when some are not, 8 when the user did not confirm.
 */
async function refuseBrake(
  environment: NodeJS.ProcessEnv,
  named: readonly string[],
  { file, all, keepCounting, dryRun, yes, actor, justification, output }: RefuseOptions,
): Promise<number> {
  const employees = await employeesOf(named, file)
  if (all === (employees !== null))
    throw new RollcallError('ArgumentInvalid', 'name the employees, or give --file or --all')
  return withLedger(
    environment,
    async (ledger) => {
      const asked = employees ?? (await heldEmployees(ledger))
      if (all && !dryRun && !(await confirmedForAll(asked, 'refuse', { yes }))) return EXIT_CODES.stopped
      const done = dryRun
        ? await previewOrder(ledger, asked, ['held'])
        : await ledger.refuseBrake({ employees: asked, actor, justification, keepCounting }, Date.now())
      const { employees: refused, notBraked, stillHeld } = done
      const judged = done.judged && !keepCounting
      if (output === 'json')
        printJson({ refused, notBraked, stillHeld, judged, dryRun, actor, justification })
      else {
        printLines(
          dryRun
            ? `${refused} employees would be refused`
            : `${refused} employees refused by ${actor}: ${justification}; their accounts stay as they are`,
        )
        if (!dryRun) printAfter(done, true)
      }
      return sayNotBraked(done)
    },
    dryRun ? 'read' : 'write',
  )
}
