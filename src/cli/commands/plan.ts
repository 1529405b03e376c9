import { checkReadable } from '../../adapters/files.ts'
import { mayBeThere } from '../../adapters/ledger-sql/open.ts'
import { ledgerAddress } from '../../compose/connector.ts'
import type { Config } from '../../config/load.ts'
import { readConfig } from '../../compose/config.ts'
import { RollcallError } from '../../core/errors.ts'
import { effectiveInstant } from '../../core/intake/dates.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { EmployeeView } from '../../core/ledger/port/inspect.ts'
import { masked } from '../../core/mask.ts'
import type { HrEvent } from '../../core/model.ts'
import type { EmployeeEvent } from '../../core/ledger/employee.ts'
import { type Preview, type PreviewChange, previewEmployee } from '../../core/plan/preview.ts'
import { shortened } from '../../core/visible.ts'
import { planRules } from '../../compose/rules.ts'
import { type EventFile, readEvents } from '../support/event-file.ts'
import { digest } from './explain.ts'
import { type Format, printJson, printLines, printTable, say } from '../support/output.ts'
import { displayValue, type Show, showing } from '../support/personal.ts'
import { withLedger } from './status.ts'
import { readable } from './trace.ts'

export interface PlanOptions {
  readonly events?: string
  readonly asOf?: string
  readonly employee?: string
  /** A rollcall.yaml whose mapping is looked at instead of the one in force. */
  readonly mapping?: string
  /** The queue, or topic/Subscriptions/subscription, the events of the file are read as if they came from. */
  readonly queue?: string
  /** Leaves the ledger out: the events of the file alone. */
  readonly alone: boolean
  readonly output: Format
  readonly showValues: boolean
}

const PAGE = 500
/** One call takes so many operations. */
const OPERATIONS_PER_CALL = 50

/** What would be sent, as a diff against the last record taken. Sends nothing, changes nothing. 0 done, 4 nobody of that name. */
export async function plan(options: PlanOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  const config = readConfig(environment)
  const now = Date.now()
  if (options.events !== undefined) checkReadable('--events', options.events)
  const at = options.asOf === undefined ? now : momentOf(options.asOf, config)
  const file =
    options.events === undefined ? null : await readEvents(options.events, config, now, options.queue)
  if (file && file.rejected.length > 0)
    for (const { line, code, description } of file.rejected)
      say(`line ${line} would be refused: ${code}, ${description}`)
  // What a mapping that is not in force yet would send, against what the directory took last.
  const rules = planRules(
    options.mapping === undefined ? config : readConfig({ ...environment, ROLLCALL_CONFIG: options.mapping }),
    digest,
  )
  const alone = file !== null && (options.alone || !mayBeThere(ledgerAddress(config)))
  if (alone && !options.alone)
    say(`there is no ledger at ${masked(config.LEDGER)}: the events of the file are planned alone`)
  const previews: Preview[] = []
  let employees = 0
  const look = async (view: EmployeeView): Promise<void> => {
    employees += 1
    const preview = await previewEmployee(view.employee, view.lastAccepted, at, rules)
    if (preview.operation !== null || options.employee !== undefined) previews.push(preview)
  }
  const each = (ledger: Ledger | null): Promise<void> => eachEmployee(ledger, file, options.employee, look)
  if (alone) await each(null)
  else await withLedger(environment, each)
  if (options.employee !== undefined && employees === 0) {
    say(`no employee is called ${shortened(options.employee)}: give an employee, or an event id of theirs`)
    return 4
  }
  report(previews, employees, file, at, options)
  return 0
}

function momentOf(text: string, config: Config): number {
  const at = effectiveInstant(text, config.SOURCE_ZONE)
  if (at === null)
    throw new RollcallError('ArgumentInvalid', '--as-of is no date such as 2026-12-01 and no date-time')
  return at
}

/** Everybody the question is about, with the file's events on top of what the ledger holds. */
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

/** An event may have the same name. */
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
    // Below zero: no event of the ledger has such a number.
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
  file: EventFile | null,
  at: number,
  options: PlanOptions,
): void {
  const show = showing(options.showValues)
  const operations = previews.filter(({ operation }) => operation !== null).length
  const summary = {
    employees,
    operations,
    calls: Math.ceil(operations / OPERATIONS_PER_CALL),
    ...(file ? { duplicates: file.duplicates, rejected: file.rejected.length } : {}),
  }
  if (options.output === 'json') {
    printJson(readable({ at, ...summary, plan: previews.map((preview) => toJson(preview, show)) }))
    return
  }
  const rows = previews.flatMap((preview) => rowsOf(preview, show))
  if (rows.length > 0) printTable(['employee', 'operation', 'attribute', 'from', 'to', 'because of'], rows)
  printLines(
    ...(rows.length > 0 ? [''] : []),
    `as of ${new Date(at).toISOString()}: ${employees} people, ${operations} operations, ${summary.calls} calls at the least; nothing was sent`,
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
