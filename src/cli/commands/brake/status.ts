import { EXIT_CODES } from '../../../core/errors.ts'
import { allowanceInWords, brakeLimitInWords } from '../../../core/explain/brake.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import type {
  BrakedEmployee,
  BrakedQuery,
  BrakeSettings,
  BrakeStatus,
} from '../../../core/ledger/port/plan.ts'
import { brakedEmployees } from '../../../core/plan/brake-order.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { inForce, ownConfigOption } from '../../support/running/in-force.ts'
import { iso } from '../../support/instants.ts'
import { withLedger } from '../../support/ledger.ts'
import { count, formatOption } from '../../support/options/options.ts'
import { type Format, printJson, printLines, printTable } from '../../support/output.ts'
import { when } from '../../support/screen/when.ts'

export const register: RegisterCommand = (brake, { environment, finish }) => {
  brake
    .command('status')
    .description('the deactivations in the window, the limit, and the employees who are held or refused')
    .option('--limit <n>', 'name at most this many of each (default: 20 in a table, all in json)', count)
    .addOption(ownConfigOption())
    .addOption(formatOption())
    .action(async (options) => finish(await brakeStatus(environment, options)))
}

interface StatusOptions {
  readonly limit?: number | undefined
  readonly ownConfig: boolean
  readonly output: Format
}

/** Exit 0 when the brake holds no employee, 5 when it does. */
function brakeStatus(
  environment: NodeJS.ProcessEnv,
  { limit, ownConfig, output }: StatusOptions,
): Promise<number> {
  return withLedger(environment, async (ledger, own) => {
    const { brakeOf } = await import('../../../compose/settings.ts')
    const { config } = await inForce(ledger, own, { ownConfig, rules: 'unused' })
    const limits = brakeOf(config)
    const status = await ledger.readBrakeStatus(limits, Date.now())
    const named = limit ?? (output === 'json' ? Number.POSITIVE_INFINITY : NAMED)
    const held = await firstOf(ledger, 'held', named)
    const refused = await firstOf(ledger, 'refused', named)
    if (output === 'json')
      printJson({
        ...status,
        heldSince: iso(status.heldSince),
        allowance: status.allowance && { ...status.allowance, endsAt: iso(status.allowance.endsAt) },
        limits,
        heldEmployees: held.map(toJson),
        refusedEmployees: refused.map(toJson),
      })
    else {
      printStatus(status, limits)
      printNames('held since', held, status.held)
      printNames('refused since', refused, status.refused)
    }
    return status.held === 0 ? EXIT_CODES.done : EXIT_CODES.brakeHolds
  })
}

const NAMED = 20

async function firstOf(
  ledger: Ledger,
  state: BrakedQuery['state'],
  limit: number,
): Promise<readonly BrakedEmployee[]> {
  const employees: BrakedEmployee[] = []
  for await (const employee of brakedEmployees(ledger, state)) {
    if (employees.length >= limit) break
    employees.push(employee)
  }
  return employees
}

function toJson({ employeeId, since, leftAt }: BrakedEmployee): object {
  return { employee: employeeId, since: iso(since), left: iso(leftAt) }
}

function printStatus(status: BrakeStatus, limits: BrakeSettings): void {
  printTable(
    ['brake', ''],
    [
      ['deactivations that count in the window', status.employees],
      ['employees active', status.active],
      ['limit', brakeLimitInWords(limits)],
      ['more may go', allowanceInWords(status.allowance, when)],
      ['held', status.held],
      ['held since', when(status.heldSince)],
      ['refused', status.refused],
    ],
  )
}

function printNames(since: string, named: readonly BrakedEmployee[], all: number): void {
  if (named.length === 0) return
  printLines('')
  printTable(
    ['employee', since, 'left'],
    named.map((one) => [one.employeeId, when(one.since), when(one.leftAt)]),
  )
  if (named.length < all) printLines(`… and ${all - named.length} more: --limit, or --output json for all`)
}
