import type { Config } from '../../config/load.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import type { EmployeeView } from '../../core/ledger/port/inspect.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import { masked } from '../../core/mask.ts'
import type { HrEvent } from '../../core/model.ts'
import type { EmployeeEvent } from '../../core/ledger/employee.ts'
import type { Preview, PreviewChange } from '../../core/plan/preview.ts'
import { shortened } from '../../core/visible.ts'
import type { RegisterCommand } from '../support/command.ts'
import type { EventFile } from '../support/event-file.ts'
import { iso, withIsoInstants } from '../support/instants.ts'
import { withLedger } from '../support/ledger.ts'
import { formatOption, showValuesOption } from '../support/options.ts'
import { type Format, printJson, printLines, printTable, say } from '../support/output.ts'
import { displayValue, type Show, showing } from '../support/personal.ts'

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
    .addOption(showValuesOption())
    .addOption(formatOption())
    .action(async (options) => finish(await plan(options, environment)))
}

interface PlanOptions {
  readonly events?: string | undefined
  readonly asOf?: string | undefined
  readonly employee?: string | undefined
  /** A rollcall.yaml whose mapping is previewed instead of the one in force. */
  readonly mapping?: string | undefined
  /**
   * The queue, or topic/Subscriptions/subscription, that the events of the file are read as coming
   * from.
   */
  readonly queue?: string | undefined
  /** Plans the events of the file without the ledger. */
  readonly alone: boolean
  readonly output: Format
  readonly showValues: boolean
}

/** What the report needs besides the previews. */
interface PlanContext {
  readonly at: number
  readonly file: EventFile | null
  readonly operationsPerCall: number
}

/** Employees read from the ledger at once. */
const PAGE = 500

/** Exit 4 when `--employee` names an employee who is not known. */
async function plan(options: PlanOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  const [{ readConfig }, { checkFiles }, { mayHaveLedger }, { planRules }, { previewEmployee }] =
    await Promise.all([
      import('../../compose/config.ts'),
      import('../../compose/files.ts'),
      import('../../compose/ledger.ts'),
      import('../../compose/rules.ts'),
      import('../../core/plan/preview.ts'),
    ])
  const config = readConfig(environment)
  const now = Date.now()
  checkFiles({ readable: { '--events': options.events } })
  const at = options.asOf === undefined ? now : await instantAsOf(options.asOf, config)
  const file = await eventsOf(options, config, now)
  const rules = planRules(
    options.mapping === undefined ? config : readConfig({ ...environment, ROLLCALL_CONFIG: options.mapping }),
  )
  const alone = file !== null && (options.alone || !mayHaveLedger(config))
  if (alone && !options.alone)
    say(`no ledger at ${masked(config.LEDGER)}: only the events of the file are planned`)
  const previews: Preview[] = []
  let employees = 0
  const add = async (view: EmployeeView): Promise<void> => {
    employees += 1
    const preview = await previewEmployee(view.employee, view.lastAccepted, at, rules)
    if (preview.operation !== null || options.employee !== undefined) previews.push(preview)
  }
  const each = (ledger: Ledger | null): Promise<void> => eachEmployee(ledger, file, options.employee, add)
  if (alone) await each(null)
  else await withLedger(environment, each)
  if (options.employee !== undefined && employees === 0) {
    say(
      `employee ${shortened(options.employee)} is not known: give an employee id, or the id of one of the employee's events`,
    )
    return EXIT_CODES.notFound
  }
  report(previews, employees, { at, file, operationsPerCall: config.BATCH_OPERATIONS }, options)
  return EXIT_CODES.done
}

/** The events of the file, if there is one. Says which lines intake would refuse. */
async function eventsOf(options: PlanOptions, config: Config, now: number): Promise<EventFile | null> {
  if (options.events === undefined) return null
  const { readEvents } = await import('../support/event-file.ts')
  const file = await readEvents(options.events, config, now, options.queue)
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

/**
 * Calls `look` for each employee in question, with the events of the file added to those of the
 * ledger.
 */
async function eachEmployee(
  ledger: Ledger | null,
  file: EventFile | null,
  employeeId: string | undefined,
  look: (view: EmployeeView) => Promise<void>,
): Promise<void> {
  if (file) {
    for (const [id, events] of Map.groupBy(file.events, (event) => event.employeeId)) {
      if (employeeId !== undefined && id !== employeeId) continue
      await look(onTop(events, id, await employeeIn(ledger, id)))
    }
  } else if (employeeId !== undefined) {
    const view = await employeeIn(ledger, employeeId)
    if (view) await look(view)
  } else if (ledger) {
    for (let page = await ledger.listEmployees(null, PAGE); page.length > 0;) {
      for (const view of page) await look(view)
      page = await ledger.listEmployees(page.at(-1)?.employee.employeeId ?? null, PAGE)
    }
  }
}

/** The employee with this id, not an event that has the same name. */
async function employeeIn(ledger: Ledger | null, employeeId: string): Promise<EmployeeView | null> {
  return (
    (await ledger?.findEmployees(employeeId))?.find(
      ({ employee, event }) => employee.employeeId === employeeId && event === null,
    ) ?? null
  )
}

function onTop(events: readonly HrEvent[], employeeId: string, there: EmployeeView | null): EmployeeView {
  const known = new Set(there?.employee.events.map(({ source, id }) => `${source}\n${id}`))
  const added = events
    .filter(({ source, id }) => !known.has(`${source}\n${id}`))
    // Negative, because no event of the ledger has such a number.
    .map((event, index): EmployeeEvent => ({
      ...event,
      seq: -1 - index,
      dead: false,
      state: 'received',
      reason: null,
      by: null,
    }))
  const employee = there?.employee ?? {
    employeeId,
    revision: 0,
    acceptedHash: null,
    known: false,
    unanswered: [],
    events: [],
  }
  return {
    employee: { ...employee, events: [...employee.events, ...added] },
    lastAccepted: there?.lastAccepted ?? null,
    event: null,
  }
}

function report(
  previews: readonly Preview[],
  employees: number,
  { at, file, operationsPerCall }: PlanContext,
  options: PlanOptions,
): void {
  const show = showing(options.showValues)
  const operations = previews.filter(({ operation }) => operation !== null).length
  const summary = {
    employees,
    operations,
    calls: Math.ceil(operations / operationsPerCall),
    ...(file ? { duplicates: file.duplicates, rejected: file.rejected.length } : {}),
  }
  if (options.output === 'json') {
    printJson(withIsoInstants({ at, ...summary, plan: previews.map((preview) => toJson(preview, show)) }))
    return
  }
  const rows = previews.flatMap((preview) => rowsOf(preview, show))
  if (rows.length > 0) printTable(['employee', 'operation', 'attribute', 'from', 'to', 'because of'], rows)
  printLines(
    ...(rows.length > 0 ? [''] : []),
    `as of ${iso(at)}: ${employees} employees, ${operations} operations, at least ${summary.calls} calls; nothing was sent`,
  )
}

function toJson(preview: Preview, show: Show): unknown {
  const { operation } = preview
  return {
    ...preview,
    operation: operation && { ...operation, changes: operation.changes.map((change) => hide(change, show)) },
  }
}

function hide(change: PreviewChange, show: Show): PreviewChange {
  switch (change.kind) {
    case 'added':
      return { ...change, to: show(change.target, change.to) }
    case 'changed':
      return { ...change, from: show(change.target, change.from), to: show(change.target, change.to) }
    case 'left out':
      return { ...change, from: show(change.target, change.from) }
  }
}

function rowsOf({ employeeId, operation, waits }: Preview, show: Show): string[][] {
  if (!operation) return [[employeeId, 'nothing to send', '', '', '', '']]
  const what = `${operation.lane}${waits ? ', after an answer' : ''}`
  if (operation.changes.length === 0) return [[employeeId, what, 'the same record again', '', '', '']]
  return operation.changes.map((change, index) => {
    const hidden = hide(change, show)
    return [
      index === 0 ? employeeId : '',
      index === 0 ? what : '',
      hidden.target,
      'from' in hidden ? displayValue(hidden.from) : '',
      'to' in hidden ? displayValue(hidden.to) : 'left out',
      hidden.events.map(({ id }) => id).join(', '),
    ]
  })
}
