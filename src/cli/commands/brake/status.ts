import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { iso } from '../../support/instants.ts'
import { withLedger } from '../../support/ledger.ts'
import { formatOption } from '../../support/options.ts'
import { type Format, printJson, printTable } from '../../support/output.ts'

export const register: RegisterCommand = (brake, { environment, finish }) => {
  brake
    .command('status')
    .description('the deactivations in the window, the limit, and how many employees are held')
    .addOption(formatOption())
    .action(async ({ output }) => finish(await brakeStatus(environment, output)))
}

/** Exit 0 when the brake holds no employee, 5 when it does. */
function brakeStatus(environment: NodeJS.ProcessEnv, format: Format): Promise<number> {
  return withLedger(environment, async (ledger, config) => {
    const { brakeOf } = await import('../../../compose/settings.ts')
    const limits = brakeOf(config)
    const status = await ledger.readBrakeStatus(limits, Date.now())
    const heldSince = iso(status.heldSince)
    if (format === 'json') printJson({ ...status, heldSince, limits })
    else
      printTable(
        ['brake', ''],
        [
          ['employees deactivated in the window', status.employees],
          ['employees active', status.active],
          ['limit', `${limits.absolute}, or ${limits.percent} % of the active above ${limits.floor}`],
          ['held', status.held],
          ['held since', heldSince ?? ''],
        ],
      )
    return status.held === 0 ? EXIT_CODES.done : EXIT_CODES.brakeHolds
  })
}
