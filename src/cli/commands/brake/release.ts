import { InvalidArgumentError } from '@commander-js/extra-typings'
import { EXIT_CODES, RollcallError } from '../../../core/errors.ts'
import type { BrakeRelease } from '../../../core/ledger/port/plan.ts'
import { heldEmployees, previewOrder } from '../../../core/plan/brake-order.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { yesOption } from '../../support/options/confirm.ts'
import { iso } from '../../support/instants.ts'
import { when } from '../../support/screen/when.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, formatOption, justificationOption } from '../../support/options/options.ts'
import { type Format, printJson, printLines } from '../../support/output.ts'
import { confirmedForAll, employeesOf, type OrderOptions, printAfter, sayNotBraked } from './order.ts'

export const register: RegisterCommand = (brake, { environment, finish }) => {
  brake
    .command('release')
    .description('release held employees, all of them or by id; none of them counts again')
    .argument('[employees...]', 'employee ids, held or refused (default: every employee who is held)')
    .option('--file <path>', 'read more employee ids from this file, one a line')
    .option(
      '--more <n>',
      'let this many more go without counting until --until; 0 ends the allowance',
      wholeNumber,
    )
    .option('--until <instant>', 'with --more: a day, an instant, or a duration such as 12h or 3d')
    .option('--dry-run', 'print how many would be released, and change nothing', false)
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(justificationOption())
    .addOption(formatOption())
    .action(async (employees, options) => finish(await releaseBrake(environment, employees, options)))
}

interface ReleaseOptions extends OrderOptions {
  readonly more?: number | undefined
  readonly until?: string | undefined
  readonly output: Format
}

/**
 * Exit 4 when none of those named is held or refused, 7 when some are not, 8 when the user did not
 * confirm.
 */
async function releaseBrake(
  environment: NodeJS.ProcessEnv,
  named: readonly string[],
  options: ReleaseOptions,
): Promise<number> {
  const { actor, justification, output, dryRun } = options
  const now = Date.now()
  const employees = await employeesOf(named, options.file)
  const allowance = await allowanceOf(options, now)
  return withLedger(
    environment,
    async (ledger) => {
      const refusedToo = employees !== null
      const asked = employees ?? (await heldEmployees(ledger))
      const asks = employees === null && !dryRun
      if (asks && !(await confirmedForAll(asked, 'release', options))) return EXIT_CODES.stopped
      const done = dryRun
        ? await previewOrder(ledger, asked, refusedToo ? ['held', 'refused'] : ['held'])
        : await ledger.releaseBrake({ employees: asked, refusedToo, actor, justification, allowance }, now)
      const { employees: released, notBraked, stillHeld, judged } = done
      if (output === 'json')
        printJson({
          released,
          notBraked,
          stillHeld,
          judged,
          allowance: allowance && { amount: allowance.amount, endsAt: iso(allowance.endsAt) },
          dryRun,
          actor,
          justification,
        })
      else {
        printLines(
          dryRun
            ? `${released} employees would be released`
            : `${released} employees released by ${actor}: ${justification}`,
        )
        if (!dryRun) printAfter(done, false)
        if (allowance) printLines(describeAllowance(allowance, dryRun))
      }
      return sayNotBraked(done)
    },
    dryRun ? 'read' : 'write',
  )
}

type Allowance = NonNullable<BrakeRelease['allowance']>

function describeAllowance({ amount, endsAt }: Allowance, dryRun: boolean): string {
  if (amount === 0) return dryRun ? 'the allowance would end' : 'the allowance has ended'
  return `${amount} more ${dryRun ? 'could' : 'can'} go until ${when(endsAt)} before the limit counts`
}

async function allowanceOf({ more, until }: ReleaseOptions, now: number): Promise<Allowance | null> {
  if (more === undefined) {
    if (until === undefined) return null
    throw new RollcallError('ArgumentInvalid', '--until needs --more: how many more may go until then')
  }
  if (more === 0) return { amount: 0, endsAt: now }
  if (until === undefined)
    throw new RollcallError('ArgumentInvalid', '--more needs --until, as in --more 200 --until 2d')
  const { untilOf } = await import('../../support/options/instant-option.ts')
  return { amount: more, endsAt: untilOf('--until', until, now) }
}

/** A whole number from 0. */
function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('it must be a whole number from 0')
  return value
}
