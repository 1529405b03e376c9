import type { EmployeeTrace, TraceEvent, TraceOperation } from '../../core/ledger/port/inspect.ts'
import { reasonOf } from '../../core/report/outcomes/reason-catalogue.ts'
import { shortened } from '../../core/visible.ts'
import { ago, type Format, printJson, printLines, say } from '../support/output.ts'
import { HIDDEN } from '../support/personal.ts'
import { withLedger } from './status.ts'

export interface TraceOptions {
  readonly output: Format
  /** The words of the service quote values now and then. */
  readonly showValues: boolean
}

/** The chain event → operation → batch → log record → Entra object. 0 when found, 4 when nothing has that name. */
export function trace(
  environment: NodeJS.ProcessEnv,
  reference: string,
  options: TraceOptions,
): Promise<number> {
  return withLedger(environment, async (ledger) => {
    const found = await ledger.readTrace(reference)
    if (!found) {
      say(
        `nothing in the ledger is called ${shortened(reference)}: give an event id, an employee, an operation (op-…), a batch (batch-…), a request id or an Entra object id; what could not be taken in is in rollcall dead-letters list --store bus`,
      )
      return 4
    }
    const employees = [found, ...found.others].map((employee) =>
      options.showValues ? employee : withoutWords(employee),
    )
    if (options.output === 'json') printJson(readable(explained(employees)))
    else printLines(...employees.flatMap(draw))
    return 0
  })
}

/** Instants as people read them. */
export function readable(value: unknown, key = ''): unknown {
  if (typeof value === 'number' && key.endsWith('At')) return new Date(value).toISOString()
  if (Array.isArray(value)) return value.map((one) => readable(one))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, readable(one, name)]))
  return value
}

function withoutWords(employee: EmployeeTrace): EmployeeTrace {
  const operations = employee.operations.map((operation) => ({
    ...operation,
    reason: operation.reason === null ? null : HIDDEN,
  }))
  return { ...employee, operations }
}

/** With what the catalogue knows of the codes in it, and the age of each step in milliseconds. */
function explained([found, ...others]: readonly EmployeeTrace[]): unknown {
  const one = ({ employee, events, operations }: EmployeeTrace): object => ({
    employee,
    events: events.map((event) => ({ ...event, ages: agesOf(event.receivedAt, event) })),
    operations: operations.map((operation) => {
      const received = events.flatMap((event) => (event.operation === operation.id ? [event.receivedAt] : []))
      const ages =
        received.length > 0 ? agesOf(Math.min(...received), { ...operation.batch, ...operation }) : null
      return { ...operation, ages, catalogue: operation.code === null ? null : entryOf(operation.code) }
    }),
  })
  return { ...(found ? one(found) : {}), others: others.map(one) }
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

/** Since the event was received. */
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

function draw({ employee, events, operations }: EmployeeTrace): string[] {
  const carried = new Set(operations.map(({ id }) => id))
  return [
    `employee ${employee.id}  Entra object ${employee.objectId ?? 'not known'}`,
    ...events.flatMap((event) => [
      ...drawEvent(event),
      ...operations
        .filter(({ id }) => id === event.operation || (event.operation === null && events.length === 1))
        .flatMap((operation) => drawOperation(operation, event.receivedAt)),
    ]),
    ...operations
      .filter(
        ({ id }) => events.length !== 1 && !events.some((event) => event.operation === id) && carried.has(id),
      )
      .flatMap((operation) => drawOperation(operation, null)),
  ]
}

function drawEvent(event: TraceEvent): string[] {
  const why = [event.reason, event.detail, event.by && `by ${event.by}`].filter(Boolean).join(', ')
  return [
    `event ${event.id} (${event.type}) from ${event.source}: ${event.state}${why ? ` (${why})` : ''}`,
    `  recorded   ${ago(event.recordedAt, null)}`,
    `  effective  ${ago(event.effectiveAt, null)}`,
    `  received   ${ago(event.receivedAt, null)}`,
    ...step('decided', event.plannedAt, event.receivedAt),
    ...step('final', event.finishedAt, event.receivedAt),
    ...step('published', event.publishedAt, event.receivedAt),
  ]
}

function drawOperation(operation: TraceOperation, from: number | null): string[] {
  const { batch } = operation
  return [
    `  operation ${operation.id} (${operation.lane}): ${operation.state}${operation.code ? ` (${operation.code})` : ''}`,
    ...(operation.code ? drawReason(operation.code) : []),
    ...(operation.reason && operation.reason !== HIDDEN ? [`    words      ${operation.reason}`] : []),
    ...step('planned', operation.createdAt, from).map((line) => `    ${line.trimStart()}`),
    ...(batch
      ? [
          `    batch ${batch.id}: ${batch.state}, ${batch.attempts} attempt(s), request ${batch.requestId ?? 'unknown'}, status ${batch.status ?? 'none'}`,
          ...step('submitted', batch.submittedAt, from).map((line) => `    ${line.trimStart()}`),
          ...step('accepted', batch.acceptedAt, from).map((line) => `    ${line.trimStart()}`),
        ]
      : []),
    ...operation.records.map(
      (record) =>
        `    log record ${record.id}: ${record.action} ${record.status}${record.code ? ` (${record.code})` : ''} at ${ago(record.activityAt, from)}, change ${record.changeId}, object ${record.objectId ?? 'none'}`,
    ),
    ...step('answered', operation.answeredAt, from).map((line) => `    ${line.trimStart()}`),
  ]
}

function drawReason(code: string): string[] {
  const { cause, fix, owner, waitingHelps } = reasonOf(code)
  return [
    `    cause      ${cause}`,
    `    fix        ${fix} (${owner}; waiting ${waitingHelps ? 'helps' : 'does not help'})`,
  ]
}

function step(name: string, at: number | null, from: number | null): string[] {
  return at === null ? [] : [`  ${name.padEnd(10)} ${ago(at, from)}`]
}
