import { isInForce } from '../../core/blocks/period.ts'
import type { ConnectionAnswer } from '../../core/connections/connection.ts'
import { answerInWords } from '../../core/connections/words.ts'
import { callInWords } from '../../core/emergency/words.ts'
import { type FieldChange, recordChanges } from '../../core/explain/record-changes.ts'
import { leftInWords, moveInWords, movesOf, roleOf } from '../../core/explain/moves.ts'
import type { EmployeeTrace, TraceEvent, TraceOperation } from '../../core/ledger/port/views/trace.ts'
import type { Json } from '../../core/model.ts'
import { reasonOf } from '../../core/report/outcomes/reason-catalogue.ts'
import { blockLines } from './block-lines.ts'
import { span } from '../../core/display/span.ts'
import { when } from '../support/screen/when.ts'
import { displayValue, HIDDEN, type Show, showing } from '../../core/display/personal.ts'

/**
 * Adds the catalogue entry of each code, the age of each step in milliseconds, and how each record
 * differs from the one before; the whole record, and the name of a connection, only with
 * `showValues`.
 */
export function traceJson(
  [found, ...others]: readonly EmployeeTrace[],
  { showValues, connections, several }: TraceJsonOptions,
): object {
  const show = showing(showValues)
  const one = ({ employee, blocked, events, operations, older }: EmployeeTrace): object => ({
    ...(several
      ? { employee, moves: movesJson({ events, operations }) }
      : { employee: { id: employee.id, objectId: employee.objectId } }),
    ...connectionJson(connections.get(employee.id) ?? null, employee, showValues),
    blocked,
    older,
    events: events.map((event) => ({ ...event, ages: agesOf(event.receivedAt, event) })),
    operations: operations.map((operation) => {
      const received = events.flatMap((event) => (event.operation === operation.id ? [event.receivedAt] : []))
      const ages =
        received.length > 0 ? agesOf(Math.min(...received), { ...operation.batch, ...operation }) : null
      const { record, before, destination, departs, movedBy, ...facts } = operation
      const changes = recordChanges(operation).map((change) => shownChange(change, show))
      return {
        ...facts,
        ...(several ? { destination, departs, movedBy } : {}),
        comparedWith: before?.id ?? null,
        changes,
        ...(showValues ? { record: JSON.parse(record) as unknown } : {}),
        ages,
        catalogue: operation.code === null ? null : entryOf(operation.code),
      }
    }),
  })
  return { ...(found ? one(found) : {}), others: others.map(one) }
}

function movesJson(trace: Pick<EmployeeTrace, 'events' | 'operations'>): readonly object[] {
  return movesOf(trace).map(({ departure, arrival, ...move }) => ({
    ...move,
    departure: departure?.id ?? null,
    arrival: arrival?.id ?? null,
  }))
}

interface TraceJsonOptions {
  readonly showValues: boolean
  /** Whether there are several destinations, so that each is named. */
  readonly several: boolean
  /** By employee: what the service said, if it was asked. */
  readonly connections: ReadonlyMap<string, ConnectionAnswer>
}

function connectionJson(
  answer: ConnectionAnswer | null,
  employee: EmployeeTrace['employee'],
  showValues: boolean,
): object {
  if (answer === null) return {}
  const text = answerInWords(answer, employee)
  if (answer.kind !== 'found') return { connection: { answer: answer.kind, text } }
  const { displayName, ...facts } = answer.connection
  return { connection: { answer: answer.kind, ...facts, ...(showValues ? { displayName } : {}), text } }
}

const STEPS = [
  'plannedAt',
  'createdAt',
  'submittedAt',
  'acceptedAt',
  'answeredAt',
  'finishedAt',
  'publishedAt',
] as const

/** The ages of the steps since the event was received. */
function agesOf(
  from: number,
  of: Partial<Record<(typeof STEPS)[number], number | null>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    STEPS.flatMap((step) =>
      typeof of[step] === 'number' ? [[step.slice(0, -'At'.length), of[step] - from]] : [],
    ),
  )
}

function entryOf(code: string): object {
  const { codes, ...entry } = reasonOf(code)
  return { entry: codes[0], ...entry }
}

interface TraceView {
  readonly now: number
  readonly show: Show
  /** Whether there are several destinations, so that each is named. */
  readonly several: boolean
  /** What the service said about the employee; `null` when it was not asked. */
  readonly connection: ConnectionAnswer | null
}

export function traceLines(
  { employee, blocked, events, operations }: EmployeeTrace,
  { now, show, several, connection }: TraceView,
): string[] {
  const carried = new Set(operations.map(({ id }) => id))
  const drawn = (operation: TraceOperation, from: number | null): string[] =>
    drawOperation(operation, from, { show, several })
  const belongs = ({ id, movedBy }: TraceOperation, event: TraceEvent): boolean =>
    id === event.operation || (event.operation === null ? events.length === 1 : movedBy === event.id)
  return [
    `employee ${employee.id}  Entra object ${employee.objectId ?? 'not known'}${several && employee.destination !== null ? ` at ${employee.destination}` : ''}`,
    ...(several ? drawMoves({ employee, events, operations }) : []),
    ...(connection === null ? [] : [`  connection ${answerInWords(connection, employee)}`]),
    ...blockLines(blocked && isInForce(blocked, now) ? blocked : null),
    ...events.flatMap((event) => [
      ...drawEvent(event),
      ...operations
        .filter((operation) => belongs(operation, event))
        .flatMap((operation) => drawn(operation, event.receivedAt)),
    ]),
    ...operations
      .filter(
        (operation) =>
          events.length !== 1 &&
          !events.some((event) => belongs(operation, event)) &&
          carried.has(operation.id),
      )
      .flatMap((operation) => drawn(operation, null)),
  ]
}

/** The accounts that the employee left, and each move as one story. */
function drawMoves(trace: Pick<EmployeeTrace, 'employee' | 'events' | 'operations'>): string[] {
  const { id, left } = trace.employee
  return [
    ...left.map((account) => `  left       ${leftInWords(account, when)}`),
    ...movesOf(trace).map((move) => `  move       ${moveInWords(id, move, when)}`),
  ]
}

function drawEvent(event: TraceEvent): string[] {
  const why = [event.reason, event.detail, event.by && `by ${event.by}`].filter(Boolean).join(', ')
  return [
    `event ${event.id} (${event.type}) from ${event.source}: ${event.state}${why ? ` (${why})` : ''}`,
    `  recorded   ${when(event.recordedAt)}`,
    `  effective  ${when(event.effectiveAt)}`,
    `  received   ${when(event.receivedAt)}`,
    ...step('decided', event.plannedAt, event.receivedAt),
    ...step('final', event.finishedAt, event.receivedAt),
    ...step('published', event.publishedAt, event.receivedAt),
  ]
}

function drawOperation(
  operation: TraceOperation,
  from: number | null,
  { show, several }: Pick<TraceView, 'show' | 'several'>,
): string[] {
  const { batch } = operation
  return [
    `  operation ${operation.id} (${roleOf(operation, several)}): ${operation.state}${operation.code ? ` (${operation.code})` : ''}`,
    ...(operation.code ? drawReason(operation.code) : []),
    ...(operation.reason && operation.reason !== HIDDEN ? [`    words      ${operation.reason}`] : []),
    ...drawChanges(operation, show),
    ...step('planned', operation.createdAt, from).map((line) => `    ${line.trimStart()}`),
    ...(batch
      ? [
          `    batch ${batch.id}: ${batch.state}, ${batch.attempts} attempt(s), request ${batch.requestId ?? 'unknown'}, status ${batch.status ?? 'none'}`,
          ...step('submitted', batch.submittedAt, from).map((line) => `    ${line.trimStart()}`),
          ...step('accepted', batch.acceptedAt, from).map((line) => `    ${line.trimStart()}`),
        ]
      : []),
    ...operation.emergencyCalls.map(
      (call) => `    ${callInWords(call)}: ${moment(call.endedAt ?? call.begunAt, from)}`,
    ),
    ...operation.records.map(
      (record) =>
        `    log record ${record.id}: ${record.action} ${record.status}${record.code ? ` (${record.code})` : ''} at ${moment(record.activityAt, from)}, change ${record.changeId}, object ${record.objectId ?? 'none'}`,
    ),
    ...step('answered', operation.answeredAt, from).map((line) => `    ${line.trimStart()}`),
  ]
}

/**
 * The record as it differs from the one sent before: what was sent is shown without its values.
 */
function drawChanges(operation: TraceOperation, show: Show): string[] {
  const changes = recordChanges(operation)
  const { before } = operation
  if (before === null)
    return ['    record     the first one', ...changes.map((change) => drawChange(change, show))]
  return changes.length === 0
    ? [`    record     the same as ${before.id}`]
    : [`    record     compared with ${before.id}`, ...changes.map((change) => drawChange(change, show))]
}

function drawChange(change: FieldChange, show: Show): string {
  const shown = shownChange(change, show)
  const values = [shown.from, shown.to].filter((value) => value !== undefined && value !== HIDDEN)
  const text =
    values.length === 0 ? '' : `  ${values.map((value) => displayValue(value ?? null)).join(' → ')}`
  return `      ${change.kind.padEnd(8)} ${change.field}${text}`
}

interface ShownChange {
  readonly kind: FieldChange['kind']
  readonly field: string
  readonly from?: Json
  readonly to?: Json
}

function shownChange(change: FieldChange, show: Show): ShownChange {
  const { kind, field } = change
  return {
    kind,
    field,
    ...('from' in change ? { from: show(field, change.from) } : {}),
    ...('to' in change ? { to: show(field, change.to) } : {}),
  }
}

function drawReason(code: string): string[] {
  const { cause, fix, owner, waitingHelps } = reasonOf(code)
  return [
    `    cause      ${cause}`,
    `    fix        ${fix} (${owner}; waiting ${waitingHelps ? 'helps' : 'does not help'})`,
  ]
}

function step(name: string, at: number | null, from: number | null): string[] {
  return at === null ? [] : [`  ${name.padEnd(10)} ${moment(at, from)}`]
}

/**
 * An instant, and how long after the event was received it was; before it, where the clock of
 * another machine says so.
 */
function moment(at: number, from: number | null): string {
  if (from === null) return when(at)
  const apart = span(Math.abs(at - from))
  return `${when(at)}  ${at < from ? `${apart} before` : `+${apart}`}`
}
