import { quotaInWords } from '../../core/display/quota.ts'
import { type BrakeForecast, forecastLines } from './brake-forecast.ts'
import type { LeastCalls } from './calls.ts'
import { failuresOf, type Gathered, type PlanFailure } from './gathered.ts'
import type { Preview, PreviewChange } from '../../core/plan/preview.ts'
import type { EventFile, EventLine } from '../support/files/event-file.ts'
import type { DisclosureOptions } from '../support/options/disclosure.ts'
import { iso, withIsoInstants } from '../support/instants.ts'
import { type Format, printJson, printLines, printTable } from '../support/output.ts'
import { displayValue, type Show, showing } from '../../core/display/personal.ts'

export interface PlanOptions extends DisclosureOptions {
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
  /** Plans with the rules of this command where the running connector has others. */
  readonly ownConfig: boolean
  readonly output: Format
}

/** What the report needs besides what was gathered. */
interface PlanContext {
  readonly at: number
  readonly file: EventFile | null
  /** What each line of the file becomes, beside the events of the ledger. */
  readonly lines: readonly EventLine[]
  readonly least: LeastCalls
  /** `null` without a ledger, without a deactivation, and for another moment than now. */
  readonly brake: BrakeForecast | null
  /** Whether there are several destinations, so that each is named. */
  readonly several: boolean
}

export function report(
  { previews: all, employees, outsidePilot }: Gathered,
  { at, file, lines, least, several, brake }: PlanContext,
  options: PlanOptions,
): void {
  const show = showing(options.showValues)
  const previews = several ? all : all.map(({ destination: _only, ...preview }) => preview)
  const operations = previews.filter(({ operation }) => operation !== null).length
  const failures = previews.flatMap(failuresOf)
  const { calls, quotaDays, destinations } = least
  if (options.output === 'json') {
    printJson(
      withIsoInstants({
        at,
        employees,
        operations,
        calls,
        quotaDays,
        ...(several ? { destinations } : {}),
        outsidePilot,
        ...(file ? fileToJson(file, lines) : {}),
        cannotPlan: failures,
        brake,
        plan: previews.map((preview) => toJson(preview, show)),
      }),
    )
    return
  }
  if (file) printFile(file, lines)
  const rows = previews.flatMap((preview) => rowsOf(preview, show))
  if (rows.length > 0) printTable(['employee', 'operation', 'attribute', 'from', 'to', 'because of'], rows)
  const failed = new Set(failures.map(({ employeeId }) => employeeId)).size
  printLines(
    ...(rows.length > 0 ? [''] : []),
    `as of ${iso(at)}: ${employees} employees, ${operations} operations, at least ${calls} calls (${callsInWords(least, several)})${failed > 0 ? `, ${failed} employees who cannot be planned as they are` : ''}; nothing was sent`,
    ...(outsidePilot.employees > 0
      ? [
          `${outsidePilot.employees} employees outside the pilot are held, ${outsidePilot.leavers} of them leavers`,
        ]
      : []),
    ...forecastLines(brake),
  )
}

function callsInWords({ quotaDays, destinations }: LeastCalls, several: boolean): string {
  const each = several ? destinations.map(({ name, calls }) => `${name}: ${calls}`) : []
  return [...each, quotaInWords(quotaDays)].join(', ')
}

function fileToJson(file: EventFile, lines: readonly EventLine[]): object {
  return {
    duplicates: lines.filter(({ becomes }) => becomes === 'duplicate').length,
    rejected: lines.filter(({ becomes }) => becomes === 'refused').length,
    lines: lines.map(({ line, becomes, event, code, description }) => ({
      line,
      becomes,
      ...(event
        ? {
            source: event.source,
            id: event.id,
            type: event.type,
            employeeId: event.employeeId,
            effectiveAt: event.effectiveAt,
          }
        : {}),
      ...(code === null ? {} : { code, description }),
    })),
    unmapped: Object.fromEntries(file.unmapped),
  }
}

function printFile(file: EventFile, lines: readonly EventLine[]): void {
  if (lines.length > 0)
    printTable(
      ['line', 'becomes', 'type', 'employee', 'from', 'because of'],
      lines.map(({ line, becomes, event, code, description }) => [
        String(line),
        becomes,
        event?.type ?? '',
        event?.employeeId ?? '',
        event ? iso(event.effectiveAt) : '',
        code === null
          ? event?.mode === 'notice'
            ? 'the employee is read from HR'
            : ''
          : `${code}: ${description}`,
      ]),
    )
  for (const [source, attributes] of file.unmapped)
    printLines(`no mapping takes these attributes of ${source}: ${attributes.join(', ')}`)
  if (lines.length > 0 || file.unmapped.size > 0) printLines('')
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

function rowsOf(preview: Preview, show: Show): string[][] {
  const failures = failuresOf(preview)
  const operation = operationRows(preview, show, failures.length > 0)
  return failures.length === 0 ? operation : [failureRow(preview.employeeId, failures), ...operation]
}

function failureRow(employeeId: string, failures: readonly PlanFailure[]): string[] {
  const why = failures.map(({ reason, detail }) => (detail === '' ? reason : `${reason}: ${detail}`))
  const events = failures.flatMap((failure) => failure.events.map(({ id }) => id))
  return [employeeId, 'cannot be planned', why.join('; '), '', '', events.join(', ')]
}

function operationRows(
  { employeeId, operation, waits, destination }: Preview,
  show: Show,
  isSaid: boolean,
): string[][] {
  if (!operation && isSaid) return []
  if (!operation) return [[employeeId, 'nothing to send', '', '', '', '']]
  const what = `${whatInWords(operation.lane, destination)}${waits ? ', after an answer' : ''}`
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

/** The lane, and where the record would be sent. */
function whatInWords(lane: string, place: Preview['destination']): string {
  switch (place?.kind) {
    case undefined:
      return lane
    case 'stays':
      return `${lane} at ${place.at}`
    case 'leaves':
      return `disabled at ${place.at} first${place.to === null ? '' : `, then sent to ${place.to}`}`
    case 'moves':
      return `${lane} at ${place.at}, moves from ${place.from}`
  }
}
