import { EXIT_CODES } from '../../core/errors.ts'
import type { EmployeeTrace, TraceEvent, TraceOperation } from '../../core/ledger/port/inspect.ts'
import { reasonOf } from '../../core/report/outcomes/reason-catalogue.ts'
import { isInForce } from '../../core/blocks/period.ts'
import { blockLines } from '../explain/block-lines.ts'
import type { RegisterCommand } from '../support/command.ts'
import { findByReference, nearlyMatching } from '../support/employees.ts'
import { withIsoInstants } from '../support/instants.ts'
import { withLedger } from '../support/ledger.ts'
import { formatOption, showValuesOption } from '../support/options.ts'
import { ago, type Format, printJson, printLines, say } from '../support/output.ts'
import { HIDDEN } from '../support/personal.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('trace')
    .description('show the chain event → operation → batch → log record → Entra object')
    .argument(
      '<reference>',
      'event id, employee, operation (op-…), batch (batch-…), request id or Entra object id',
    )
    .addOption(showValuesOption('also show messages of the service, which may quote values'))
    .addOption(formatOption())
    .action(async (reference, options) => finish(await trace(environment, reference, options)))
}

interface TraceOptions {
  readonly output: Format
  /** Shows messages of the service, which sometimes quote values. */
  readonly showValues: boolean
}

/** Exit 0 when the reference is found, 4 when it is not. */
function trace(environment: NodeJS.ProcessEnv, reference: string, options: TraceOptions): Promise<number> {
  return withLedger(environment, async (ledger) => {
    const found = await findByReference(
      ledger,
      reference,
      (text) => ledger.readTrace(text),
      (trace) => trace !== null,
    )
    if (!found) {
      say(
        `nothing in the ledger is called that: give an event id, an employee id, a user name, a mail address, an operation (op-…), a batch (batch-…), a request id or an Entra object id; rollcall dead-letters list --store bus shows what could not be read${await nearlyMatching(ledger, reference)}`,
      )
      return EXIT_CODES.notFound
    }
    const employees = [found, ...found.others].map((employee) =>
      options.showValues ? employee : withoutServiceMessages(employee),
    )
    const now = Date.now()
    if (options.output === 'json') printJson(withIsoInstants(toJson(employees)))
    else printLines(...employees.flatMap((employee) => draw(employee, now)))
    return EXIT_CODES.done
  })
}

function withoutServiceMessages(employee: EmployeeTrace): EmployeeTrace {
  const operations = employee.operations.map((operation) => ({
    ...operation,
    reason: operation.reason === null ? null : HIDDEN,
  }))
  return { ...employee, operations }
}

/** Adds the catalogue entry of each code, and the age of each step in milliseconds. */
function toJson([found, ...others]: readonly EmployeeTrace[]): unknown {
  const one = ({ employee, blocked, events, operations }: EmployeeTrace): object => ({
    employee,
    blocked,
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

function draw({ employee, blocked, events, operations }: EmployeeTrace, now: number): string[] {
  const carried = new Set(operations.map(({ id }) => id))
  return [
    `employee ${employee.id}  Entra object ${employee.objectId ?? 'not known'}`,
    ...blockLines(blocked && isInForce(blocked, now) ? blocked : null),
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
