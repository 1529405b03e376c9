import { hasSeveralDestinations } from '../../config/rules/several.ts'
import { EXIT_CODES } from '../../core/errors.ts'
import { masked } from '../../core/display/mask.ts'
import type { RegisterCommand } from '../support/command.ts'
import { failuresOf } from '../plan/gathered.ts'
import type { Planned, PlanRequest } from '../plan/gather.ts'
import { type PlanOptions, report } from '../plan/report.ts'
import { asTyped } from '../support/employees.ts'
import {
  disclose,
  disclosureActorOption,
  disclosureJustificationOption,
  expectDisclosure,
} from '../support/options/disclosure.ts'
import { inForce, ownConfigOption } from '../support/running/in-force.ts'
import { withLedger } from '../support/ledger.ts'
import { formatOption, showValuesOption } from '../support/options/options.ts'
import { say } from '../support/output.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('plan')
    .option('--events <file>', 'fold these events too: JSON lines, one CloudEvent a line')
    .option('--alone', 'with --events: ignore the ledger', false)
    .option('--mapping <file>', 'use the mapping of this rollcall.yaml instead of the one in force')
    .option(
      '--queue <name>',
      'with --events: read them as if they came from this queue (default: that of the first source)',
    )
    .option('--as-of <date>', 'plan for this date or date-time (default: now)')
    .option('--employee <id>', 'only this employee')
    .addOption(ownConfigOption())
    .addOption(showValuesOption())
    .addOption(disclosureActorOption())
    .addOption(disclosureJustificationOption())
    .addOption(formatOption())
    .action(async (options) => finish(await plan(options, environment)))
}

/**
 * Exit 4 when `--employee` names an employee who is not known; 7 when an employee cannot be
 * planned, or a line of the file would not be taken in.
 */
async function plan(options: PlanOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  const { gather, readRequest } = await import('../plan/gather.ts')
  const request = await readRequest(options, environment)
  const { alone, config } = request
  if (alone && !options.alone)
    say(`no ledger at ${masked(config.LEDGER)}: only the events of the file are planned`)
  const planned = alone ? await gather(null, request, config) : await planWithLedger(request, environment)
  return show(planned, request)
}

async function planWithLedger(request: PlanRequest, environment: NodeJS.ProcessEnv): Promise<Planned> {
  const { options, config } = request
  // Values of the ledger are audited when they are shown; those of a file are not.
  const access = expectDisclosure(options)
  const { gather } = await import('../plan/gather.ts')
  return withLedger(
    environment,
    async (ledger) => {
      const running = await inForce(ledger, config, {
        ownConfig: options.ownConfig,
        rules: options.mapping === undefined ? 'needed' : 'replaced',
        refusal: REFUSAL,
      })
      const planned = await gather(ledger, request, running.config)
      const shown = planned.gathered.previews.map(({ employeeId }) => employeeId)
      await disclose(ledger, shown, options)
      return planned
    },
    access,
  )
}

const REFUSAL =
  'It sends what its own rules make until it is restarted. To see what the rules here would change, add --own-config, or --mapping FILE for the mapping of a file'

async function show(planned: Planned, { options, ruled, at, file }: PlanRequest): Promise<number> {
  const { gathered, lines, brake, candidates, inForce: limits } = planned
  if (options.employee !== undefined && gathered.employees === 0) {
    say(`employee ${asTyped(options.employee)} is not known: give an employee id${candidates}`)
    return EXIT_CODES.notFound
  }
  const { leastCalls } = await import('../plan/calls.ts')
  const { destinations } = ruled.rules
  const least = leastCalls(gathered.previews, { ...limits, rules: { destinations } }, limits.BATCH_OPERATIONS)
  report(gathered, { at, file, lines, least, several: hasSeveralDestinations(ruled), brake }, options)
  const isWhole =
    gathered.previews.every((preview) => failuresOf(preview).length === 0) &&
    lines.every(({ becomes }) => becomes === 'taken' || becomes === 'duplicate')
  return isWhole ? EXIT_CODES.done : EXIT_CODES.partial
}
