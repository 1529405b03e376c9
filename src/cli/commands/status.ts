import type { Config } from '../../config/load.ts'
import { EXIT_CODES } from '../../core/errors.ts'
import type { AlertState } from '../../core/alerts/alert.ts'
import { openAlerts } from '../../core/alerts/worth.ts'
import type { InstanceView } from '../../core/instances/state.ts'
import type { Depth, Figures } from '../../core/ledger/port/figures.ts'
import type { BrakeStatus } from '../../core/ledger/port/plan.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { SubmissionStatus } from '../../core/ledger/port/submit.ts'
import { backlogForecast, type Forecast } from '../../core/provision/pace.ts'
import type { RegisterCommand } from '../support/command.ts'
import { inForce, ownConfigOption } from '../support/running/in-force.ts'
import { age, when } from '../support/screen/when.ts'
import { iso } from '../support/instants.ts'
import { withLedger } from '../support/ledger.ts'
import { formatOption } from '../support/options.ts'
import { type Format, printJson, printTable } from '../support/output.ts'
import { type Reconciliation, reconcile } from '../support/reconcile.ts'
import { alertJson } from './alerts.ts'
import { connectorRows, connectorToJson, sayMissingLoops } from './instances/in-status.ts'
import { readStrict, sayStrict } from './status-strict.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('status')
    .description('the counts of the ledger, and whether the books balance')
    .option('--allow-stopped', 'do not end with 10 when no connector runs, or a loop runs nowhere', false)
    .addOption(ownConfigOption())
    .option('--strict', 'exit 9 when a leaver case is open past the limit, or a finding is open', false)
    .option('--leaver-limit <duration>', 'with --strict: as in 30m, 24h or 7d', '24h')
    .addOption(formatOption())
    .action(async (options) => finish(await status(environment, options)))
}

/** Everything that the command shows, read at one moment. */
interface Status {
  readonly books: Reconciliation
  readonly stateCounts: Awaited<ReturnType<Ledger['readCounts']>>['stateCounts']
  readonly nextAt: number | null
  readonly log: { readonly readUntil: string | null; readonly foreign: number }
  readonly submission: SubmissionStatus
  /** Holds in force. */
  readonly holds: readonly (Omit<Hold, 'since' | 'until'> & {
    readonly since: string
    readonly until: string
  })[]
  readonly forecast: Forecast
  readonly callsPerDay: number
  readonly brake: BrakeStatus
  /** Employees that a block keeps disabled. */
  readonly blocks: number
  /** Employees of whom the pilot holds something. */
  readonly outsidePilot: number
  readonly leavers: Figures['leavers']
  readonly findings: Figures['findings']
  /** Of the ledger. */
  readonly deadLetters: Figures['deadLetters']
  /** Of the bus, as the running connector counted them last. */
  readonly busDeadLetters: Figures['busDeadLetters']
  /** Open ones, as the running connector found them, the worst first. */
  readonly alerts: readonly AlertState[]
  /** When a connector looked for them last; `null`: none has yet. */
  readonly alertsAt: number | null
}
type Hold = Figures['holds'][number]

interface StatusOptions {
  readonly allowStopped: boolean
  readonly ownConfig: boolean
  readonly strict: boolean
  readonly leaverLimit: string
  readonly output: Format
}

/**
 * Exit 0 when the books balance and every loop runs in some instance; 3 when the books do not
 * balance, 10 when a loop runs nowhere; with `--strict` also 9 when a leaver case is open past the
 * limit or a finding is open.
 */
async function status(environment: NodeJS.ProcessEnv, options: StatusOptions): Promise<number> {
  const { durationOf } = await import('../support/instant-option.ts')
  const leaverLimitMs = durationOf('--leaver-limit', options.leaverLimit)
  return withLedger(environment, async (ledger, own) => {
    const { config, views } = await inForce(ledger, own, {
      ownConfig: options.ownConfig,
      rules: 'shown',
      saysStopped: true,
    })
    const now = Date.now()
    const shown = await readStatus(ledger, config, now)
    const findings = shown.findings.reduce((sum, { count }) => sum + count, 0)
    const strict = options.strict ? await readStrict(ledger, config, { now, leaverLimitMs, findings }) : null
    if (options.output === 'json')
      printJson({ connector: connectorToJson(views), ...toJson(shown), ...(strict ? { strict } : {}) })
    else printStatus(shown, views)
    const stopped = sayMissingLoops(views) && !options.allowStopped
    const attention = strict ? sayStrict(strict, shown.books.wrong) : EXIT_CODES.done
    if (!shown.books.balanced) return EXIT_CODES.unbalanced
    return stopped ? EXIT_CODES.notRunning : attention
  })
}

async function readStatus(ledger: Ledger, config: Config, now: number): Promise<Status> {
  const { brakeOf, callLimitsOf } = await import('../../compose/settings.ts')
  const { totals, stateCounts } = await ledger.readCounts()
  const { nextAt } = await ledger.readIdle(now)
  const settings = brakeOf(config)
  const figures = await ledger.readFigures({ now, brakeWindowMs: settings.windowMs })
  const { holds, leavers, findings, deadLetters, busDeadLetters, blocks } = figures
  const log = { readUntil: iso(figures.watermark), foreign: totals.unmatched }
  const submission = await ledger.readSubmissionStatus(now)
  const outsidePilot = await ledger.countOutsidePilot()
  const brake = await ledger.readBrakeStatus(settings, now)
  const book = await ledger.readAlerts()
  const limits = callLimitsOf(config)
  return {
    books: reconcile(totals, stateCounts),
    stateCounts,
    nextAt,
    log,
    submission,
    holds: holds.map((hold) => ({ ...hold, since: iso(hold.since), until: iso(hold.until) })),
    forecast: backlogForecast(submission, config.BATCH_OPERATIONS, limits, now),
    callsPerDay: limits.perDay,
    brake,
    blocks,
    outsidePilot,
    leavers,
    findings,
    deadLetters,
    busDeadLetters,
    alerts: openAlerts(book),
    alertsAt: book.lookedAt,
  }
}

function toJson(status: Status): object {
  const { books, stateCounts, submission, brake, findings } = status
  return {
    ...books,
    operationsByState: stateCounts.operations,
    batchesByState: stateCounts.batches,
    nextAt: iso(status.nextAt),
    log: status.log,
    submission: {
      holds: status.holds,
      callsToday: submission.callTimes.length,
      callsPerDay: status.callsPerDay,
      waiting: submission.pending,
      forecast: { calls: status.forecast.calls, doneAt: iso(status.forecast.doneAt) },
    },
    leavers: {
      open: status.leavers.count,
      oldestAt: iso(status.leavers.oldestAt),
      byCause: Object.fromEntries(status.leavers.causes.map(({ cause, count }) => [cause, count])),
    },
    notAccepted: {
      ...submission.notAccepted,
      employees: submission.notAccepted.employees.map((one) => ({ ...one, failedAt: iso(one.failedAt) })),
    },
    brake: {
      ...brake,
      heldSince: iso(brake.heldSince),
      allowance: brake.allowance && { ...brake.allowance, endsAt: iso(brake.allowance.endsAt) },
    },
    blocks: status.blocks,
    outsidePilot: status.outsidePilot,
    findings: findings.map(depthToJson),
    deadLetters: status.deadLetters.map(depthToJson),
    busDeadLetters: status.busDeadLetters && {
      ...status.busDeadLetters,
      countedAt: iso(status.busDeadLetters.countedAt),
      codes: status.busDeadLetters.codes.map(depthToJson),
    },
    alerts: status.alerts.map(alertJson),
    alertsAt: iso(status.alertsAt),
  }
}

function depthToJson({ code, count, oldestAt }: Depth & { readonly code: string }): object {
  return { code, count, oldestAt: iso(oldestAt) }
}

function printStatus({ books, submission, ...status }: Status, views: readonly InstanceView[]): void {
  printTable(['connector', ''], connectorRows(views))
  printTable(['events', ''], [...Object.entries(books.events), ['open', books.open]])
  printTable(
    ['', ''],
    [
      ['messages', books.messages],
      ['duplicates', books.duplicates],
      ['collisions', books.collisions],
      ['rejected', books.rejected],
      ['imported', books.imported],
      ['folded away', books.folded],
      ['erased', books.erased],
      ['employees', books.employees],
      ['operations', books.operations],
      ['calls', books.calls],
      ['calls in the last 24 h', `${submission.callTimes.length} of ${status.callsPerDay}`],
      ['operations waiting', submission.pending],
      ['all sent by', describeForecast(status.forecast)],
      ['submission', describeHolds(status.holds)],
      ['brake', describeBrake(status.brake)],
      ['blocked', describeBlocks(status.blocks)],
      ['outside the pilot', describeOutside(status.outsidePilot)],
      ['leavers not proven', describeLeavers(status.leavers)],
      ['records not accepted, without an event', describeNotAccepted(submission)],
      ['findings', describeFindings(status.findings)],
      ['dead letters in the ledger', describeDeadLetters(status.deadLetters)],
      ['dead letters on the bus', describeBusDeadLetters(status.busDeadLetters)],
      ['alerts', describeAlerts(status)],
      ['log read until', momentOf(status.log.readUntil) || 'not read yet'],
      ['log records of others', status.log.foreign],
      ['outcomes not yet published', books.unpublished],
      ['next moment', when(status.nextAt) || 'none'],
      ['books', books.balanced ? 'balanced' : books.wrong.join('; ')],
    ],
  )
}

function describeForecast({ doneAt, calls }: Forecast): string {
  return doneAt === null ? 'nothing waits' : `${when(doneAt)}, ${calls} calls`
}

/** An instant that the JSON of the status has as text. */
function momentOf(iso8601: string | null): string {
  return when(iso8601 === null ? null : Date.parse(iso8601))
}

function describeHolds(holds: Status['holds']): string {
  if (holds.length === 0) return 'open'
  return holds
    .map(
      ({ name, status, until }) =>
        `held (${name}${status === null ? '' : ` ${status}`}) until ${momentOf(until)}`,
    )
    .join(', ')
}

function describeBrake({ held, refused, employees, active, allowance }: BrakeStatus): string {
  const more = allowance === null ? '' : `; ${allowance.used} of ${allowance.amount} allowed more are used`
  const others = refused === 0 ? '' : `; ${refused} refused`
  return held === 0
    ? `open, ${employees} of ${active} active employees deactivated in the window${more}${others}`
    : `holds ${held} employees${others}: rollcall brake status`
}

function describeBlocks(blocks: number): string {
  return blocks === 0 ? 'none' : `${blocks} employees: rollcall blocks`
}

function describeOutside(employees: number): string {
  return employees === 0 ? 'none' : `${employees} employees are held`
}

/** Open leaver cases by cause. */
function describeLeavers({ count: open, causes: byCause, oldestAt }: Figures['leavers']): string {
  const causes = byCause.map(({ cause, count }) => `${count} ${cause}`)
  return open === 0
    ? 'none'
    : `${open}: ${causes.join(', ')}; the oldest since ${when(oldestAt)} — rollcall leavers`
}

const NAMED = 5

/**
 * Names the first employees, because an operation without an event leaves no dead letter to look
 * at.
 */
function describeNotAccepted({ notAccepted: { count, employees } }: SubmissionStatus): string {
  if (count === 0) return 'none'
  const named = employees
    .slice(0, NAMED)
    .map(({ employeeId, code, leaver }) => `${employeeId} (${leaver ? 'to deactivate, ' : ''}${code})`)
  const more = count > named.length ? ' …' : ''
  return `${count}: ${named.join(', ')}${more} — rollcall trace EMPLOYEE`
}

function describeFindings(findings: Status['findings']): string {
  return findings.length === 0
    ? 'none'
    : `${findings.map(({ code, count }) => `${count} ${code}`).join(', ')}: rollcall findings`
}

function describeDeadLetters(deadLetters: Status['deadLetters']): string {
  return deadLetters.length === 0
    ? 'none'
    : `${deadLetters.map(({ code, count }) => `${count} ${code}`).join(', ')}: rollcall dead-letters list`
}

function describeBusDeadLetters(bus: Status['busDeadLetters']): string {
  if (bus === null) return 'not counted yet'
  const { codes, capped, countedAt } = bus
  return `${capped ? 'at least ' : ''}${describeDeadLetters(codes)} (counted ${age(countedAt)})`
}

/** They are what the last look found, which may be long ago. */
function describeAlerts({ alerts, alertsAt }: Pick<Status, 'alerts' | 'alertsAt'>): string {
  if (alertsAt === null) return 'not looked for yet: a running connector does'
  const asOf = `as of ${iso(alertsAt)}`
  if (alerts.length === 0) return `none ${asOf}`
  const urgent = alerts.filter(({ urgency }) => urgency === 'urgent').length
  const codes = [...new Set(alerts.map(({ code }) => code))]
  return `${alerts.length} open, ${urgent} urgent, ${asOf}: ${codes.join(', ')} — rollcall alerts`
}
