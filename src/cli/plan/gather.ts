import { readConfig } from '../../compose/config.ts'
import { checkFiles } from '../../compose/files.ts'
import { mayHaveLedger } from '../../compose/ledger/open.ts'
import { planRules } from '../../compose/rules.ts'
import { brakeOf } from '../../compose/settings.ts'
import type { Config } from '../../config/load.ts'
import { RollcallError } from '../../core/errors.ts'
import { effectiveInstant } from '../../core/intake/event/dates.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { HrEvent } from '../../core/model.ts'
import { previewEmployee } from '../../core/plan/preview.ts'
import { employeeNamed, employeeOf, nearlyMatching } from '../support/employees.ts'
import { type EventFile, type EventLine, readEvents } from '../support/files/event-file.ts'
import { say } from '../support/output.ts'
import { type BrakeForecast, forecastBrake } from './brake-forecast.ts'
import { eachEmployee } from './employees.ts'
import { type Gathered, gathering } from './gathered.ts'
import { compareLines } from './lines.ts'
import type { PlanOptions } from './report.ts'

/** What `plan` was asked, with the files that it was given. */
export interface PlanRequest {
  readonly options: PlanOptions
  readonly config: Config
  /** The configuration with the rules to plan by: with `--mapping`, another file. */
  readonly ruled: Config
  readonly now: number
  /** The instant that is planned for. */
  readonly at: number
  readonly file: EventFile | null
  /** The events of the file are planned without the ledger. */
  readonly alone: boolean
}

/** What `plan` found out. */
export interface Planned {
  readonly gathered: Gathered
  readonly lines: readonly EventLine[]
  /** `null` without a ledger, without a deactivation, and for another instant than now. */
  readonly brake: BrakeForecast | null
  /** Ids that resemble one that is not known, for the message; empty where there are none. */
  readonly candidates: string
  /** The configuration whose limits count. */
  readonly inForce: Config
}

/**
 * Reads the configuration and the files. Says which lines intake would refuse. Throws
 * `ConfigInvalid` and `ArgumentInvalid`.
 */
export async function readRequest(
  options: PlanOptions,
  environment: NodeJS.ProcessEnv,
): Promise<PlanRequest> {
  const config = readConfig(environment)
  const now = Date.now()
  checkFiles({ readable: { '--events': options.events } })
  const at = options.asOf === undefined ? now : instantAsOf(options.asOf, config)
  const ruled =
    options.mapping === undefined ? config : readConfig({ ...environment, ROLLCALL_CONFIG: options.mapping })
  const file = await eventsOf(options, ruled, config, now)
  const alone = file !== null && (options.alone || !mayHaveLedger(config))
  return { options, config, ruled, now, at, file, alone }
}

/** Plans the employees in question by the limits of `inForce`. */
export async function gather(
  ledger: Ledger | null,
  { options, ruled, now, at, file }: PlanRequest,
  inForce: Config,
): Promise<Planned> {
  const rules = planRules({ ...ruled, FAILED_ATTEMPTS: inForce.FAILED_ATTEMPTS })
  const wanted = options.employee === undefined ? undefined : await employeeAsked(ledger, options.employee)
  const lines = await compareLines(file?.lines ?? [], ledger, wanted)
  const events = file && withoutCollisions(file.events, lines)
  const gathers = gathering(options.employee !== undefined)
  const look = async (employeeId: string | undefined): Promise<void> =>
    eachEmployee(ledger, events, employeeId, async (view) =>
      gathers.add(view, await previewEmployee(view.employee, view.lastAccepted, at, rules), at),
    )
  await look(wanted)
  // An older ledger may hold an id as it was written.
  if (gathers.soFar().employees === 0 && wanted !== options.employee) await look(options.employee)
  const gathered = gathers.soFar()
  const isUnknown = wanted !== undefined && gathered.employees === 0
  return {
    gathered,
    lines,
    brake: options.asOf === undefined ? await brakeFor(gathered, ledger, inForce, now) : null,
    candidates: ledger && isUnknown ? await nearlyMatching(ledger, wanted) : '',
    inForce,
  }
}

async function employeeAsked(ledger: Ledger | null, asked: string): Promise<string> {
  const employeeId = employeeOf(asked)
  return ledger ? employeeNamed(ledger, employeeId) : employeeId
}

async function brakeFor(
  { leaving }: Gathered,
  ledger: Ledger | null,
  inForce: Config,
  now: number,
): Promise<BrakeForecast | null> {
  if (ledger === null || leaving.length === 0) return null
  const limits = brakeOf(inForce)
  return forecastBrake(leaving, await ledger.readBrakeStatus(limits, now), limits)
}

/** Intake refuses an event that has the id of another one. */
function withoutCollisions(events: readonly HrEvent[], lines: readonly EventLine[]): readonly HrEvent[] {
  const collisions = new Set(lines.flatMap(({ becomes, event }) => (becomes === 'collision' ? [event] : [])))
  return events.filter((event) => !collisions.has(event))
}

/** The events of the file, if there is one. */
async function eventsOf(
  options: PlanOptions,
  ruled: Config,
  config: Config,
  now: number,
): Promise<EventFile | null> {
  if (options.events === undefined) return null
  const { mapping } = ruled.rules
  const uses = (path: string): boolean => mapping.uses(path)
  const file = await readEvents(options.events, { config, now, entity: options.queue, uses })
  for (const { line, code, description } of file.rejected)
    say(`line ${line} would be refused: ${code}, ${description}`)
  return file
}

function instantAsOf(text: string, config: Config): number {
  const at = effectiveInstant(text, config.SOURCE_ZONE)
  if (at === null)
    throw new RollcallError('ArgumentInvalid', '--as-of must be a date such as 2026-12-01 or a date-time')
  return at
}
