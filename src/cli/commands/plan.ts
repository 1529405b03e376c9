import type { Config } from '../../config/load.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import type { EmployeeView } from '../../core/ledger/port/inspect.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import { masked } from '../../core/display/mask.ts'
import type { HrEvent } from '../../core/model.ts'
import type { RegisterCommand } from '../support/command.ts'
import type { BrakeForecast } from '../plan/brake-forecast.ts'
import { eachEmployee } from '../plan/employees.ts'
import { failuresOf, gathering } from '../plan/gathered.ts'
import { type PlanOptions, report } from '../plan/report.ts'
import type { EventFile, EventLine } from '../support/files/event-file.ts'
import { asTyped, employeeNamed, employeeOf, nearlyMatching } from '../support/employees.ts'
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
    .description(
      'what would be sent, as a diff against the last accepted record; sends nothing and changes nothing',
    )
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
  const [
    { readConfig },
    { checkFiles },
    { mayHaveLedger },
    { planRules },
    { previewEmployee },
    { compareLines },
    { brakeOf },
    { forecastBrake },
  ] = await Promise.all([
    import('../../compose/config.ts'),
    import('../../compose/files.ts'),
    import('../../compose/ledger/open.ts'),
    import('../../compose/rules.ts'),
    import('../../core/plan/preview.ts'),
    import('../plan/lines.ts'),
    import('../../compose/settings.ts'),
    import('../plan/brake-forecast.ts'),
  ])
  const config = readConfig(environment)
  const now = Date.now()
  checkFiles({ readable: { '--events': options.events } })
  const at = options.asOf === undefined ? now : await instantAsOf(options.asOf, config)
  const ruled =
    options.mapping === undefined ? config : readConfig({ ...environment, ROLLCALL_CONFIG: options.mapping })
  let rules = planRules(ruled)
  const file = await eventsOf(options, config, now, (path) => rules.mapping.uses(path))
  const alone = file !== null && (options.alone || !mayHaveLedger(config))
  if (alone && !options.alone)
    say(`no ledger at ${masked(config.LEDGER)}: only the events of the file are planned`)
  // Without the ledger, the values are those of the file.
  const access = alone ? 'read' : expectDisclosure(options)
  let inUse = config
  let brake: BrakeForecast | null = null
  const gathers = gathering(options.employee !== undefined)
  const add = async (view: EmployeeView): Promise<void> =>
    gathers.add(view, await previewEmployee(view.employee, view.lastAccepted, at, rules), at)
  let lines: readonly EventLine[] = []
  let wanted = options.employee === undefined ? undefined : employeeOf(options.employee)
  let candidates = ''
  const each = async (ledger: Ledger | null): Promise<void> => {
    if (ledger && wanted !== undefined) wanted = await employeeNamed(ledger, wanted)
    lines = await compareLines(file?.lines ?? [], ledger, wanted)
    const events = file && withoutCollisions(file.events, lines)
    await eachEmployee(ledger, events, wanted, add)
    // An older ledger may hold an id as it was written.
    if (gathers.soFar().employees === 0 && wanted !== options.employee)
      await eachEmployee(ledger, events, options.employee, add)
    const { leaving, employees } = gathers.soFar()
    if (ledger && leaving.length > 0 && options.asOf === undefined) {
      const limits = brakeOf(inUse)
      brake = forecastBrake(leaving, await ledger.readBrakeStatus(limits, now), limits)
    }
    if (ledger && wanted !== undefined && employees === 0) candidates = await nearlyMatching(ledger, wanted)
  }
  if (alone) await each(null)
  else
    await withLedger(
      environment,
      async (ledger) => {
        const running = await inForce(ledger, config, {
          ownConfig: options.ownConfig,
          rules: options.mapping === undefined ? 'needed' : 'replaced',
          refusal: REFUSAL,
        })
        inUse = running.config
        rules = planRules({ ...ruled, FAILED_ATTEMPTS: inUse.FAILED_ATTEMPTS })
        await each(ledger)
        const shown = gathers.soFar().previews.map(({ employeeId }) => employeeId)
        await disclose(ledger, shown, options)
      },
      access,
    )
  const gathered = gathers.soFar()
  if (options.employee !== undefined && gathered.employees === 0) {
    say(`employee ${asTyped(options.employee)} is not known: give an employee id${candidates}`)
    return EXIT_CODES.notFound
  }
  const { BATCH_OPERATIONS: operationsPerCall, CALLS_PER_DAY: callsPerDay } = inUse
  report(gathered, { at, file, lines, operationsPerCall, callsPerDay, brake }, options)
  const isWhole =
    gathered.previews.every((preview) => failuresOf(preview).length === 0) &&
    lines.every(({ becomes }) => becomes === 'taken' || becomes === 'duplicate')
  return isWhole ? EXIT_CODES.done : EXIT_CODES.partial
}

const REFUSAL =
  'It sends what its own rules make until it is restarted. To see what the rules here would change, add --own-config, or --mapping FILE for the mapping of a file'

/** Intake refuses an event that has the id of another one. */
function withoutCollisions(events: readonly HrEvent[], lines: readonly EventLine[]): readonly HrEvent[] {
  const collisions = new Set(lines.flatMap(({ becomes, event }) => (becomes === 'collision' ? [event] : [])))
  return events.filter((event) => !collisions.has(event))
}

/** The events of the file, if there is one. Says which lines intake would refuse. */
async function eventsOf(
  options: PlanOptions,
  config: Config,
  now: number,
  uses: (path: string) => boolean,
): Promise<EventFile | null> {
  if (options.events === undefined) return null
  const { readEvents } = await import('../support/files/event-file.ts')
  const file = await readEvents(options.events, { config, now, entity: options.queue, uses })
  for (const { line, code, description } of file.rejected)
    say(`line ${line} would be refused: ${code}, ${description}`)
  return file
}

async function instantAsOf(text: string, config: Config): Promise<number> {
  const { effectiveInstant } = await import('../../core/intake/event/dates.ts')
  const at = effectiveInstant(text, config.SOURCE_ZONE)
  if (at === null)
    throw new RollcallError('ArgumentInvalid', '--as-of must be a date such as 2026-12-01 or a date-time')
  return at
}
