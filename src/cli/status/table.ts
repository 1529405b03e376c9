import { amountInWords, type LaneStanding, standingInWords } from '../../core/emergency/standing.ts'
import type { InstanceView } from '../../core/instances/state.ts'
import type { Figures } from '../../core/ledger/port/figures.ts'
import type { BrakeStatus } from '../../core/ledger/port/plan.ts'
import type { SubmissionStatus } from '../../core/ledger/port/submit.ts'
import type { Forecast } from '../../core/provision/pace.ts'
import { quarantineInWords, usesInWords } from '../../core/provision/quarantine.ts'
import { connectorRows } from '../commands/instances/in-status.ts'
import { iso } from '../support/instants.ts'
import { printTable } from '../support/output.ts'
import { age, when } from '../support/screen/when.ts'
import type { DestinationStatus } from './destination.ts'
import type { Status } from './status.ts'

export function printStatus(
  { books, destinations, ...status }: Status,
  views: readonly InstanceView[],
): void {
  const named = destinations.length === 1 ? rowsOfOne : rowsOfSeveral
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
      ...destinations.flatMap((one) => named(one, sendingRows(one))),
      ['brake', describeBrake(status.brake)],
      ['blocked', describeBlocks(status.blocks)],
      ['outside the pilot', describeOutside(status.outsidePilot)],
      ['leavers not proven', describeLeavers(status.leavers)],
      ['emergency lane', describeLane(status.emergency)],
      ['records not accepted, without an event', describeNotAccepted(destinations[0].submission)],
      ['findings', describeFindings(status.findings)],
      ['directory', describeDirectory(status.directory)],
      ['dead letters in the ledger', describeDeadLetters(status.deadLetters)],
      ['dead letters on the bus', describeBusDeadLetters(status.busDeadLetters)],
      ['alerts', describeAlerts(status)],
      ...destinations.flatMap((one) =>
        one.direct ? [] : named(one, [['log read until', when(one.readUntil) || 'not read yet']]),
      ),
      ['log records of others', status.foreign],
      ['outcomes not yet published', books.unpublished],
      ['next moment', when(status.nextAt) || 'none'],
      ['books', books.balanced ? 'balanced' : books.wrong.join('; ')],
    ],
  )
}

type Row = readonly [name: string, value: string | number]

function sendingRows(one: DestinationStatus): readonly Row[] {
  const { submission, callsPerDay, forecast, holds, job, direct } = one
  if (direct)
    return [
      ['operations waiting', submission.pending],
      ['submission', describeHolds(holds)],
      ['USD in the last 24 h', amountInWords(direct.spent, direct.budget, 'day')],
      ['USD in the last 31 days', amountInWords(direct.spent, direct.budget, 'month')],
    ]
  return [
    ['calls in the last 24 h', `${submission.callTimes.length} of ${callsPerDay}`],
    ['operations waiting', submission.pending],
    ['all sent by', describeForecast(forecast)],
    ['submission', describeHolds(holds)],
    ['provisioning job', describeJob(job.report)],
    ['failures before quarantine', usesInWords(job.limits)],
  ]
}

const rowsOfOne = (_one: DestinationStatus, rows: readonly Row[]): readonly Row[] => rows
const rowsOfSeveral = (one: DestinationStatus, rows: readonly Row[]): readonly Row[] =>
  rows.map(([name, value]) => [`${one.name}: ${name}`, value])

function describeForecast({ doneAt, calls }: Forecast): string {
  return doneAt === null ? 'nothing waits' : `${when(doneAt)}, ${calls} calls`
}

function describeHolds(holds: DestinationStatus['holds']): string {
  if (holds.length === 0) return 'open'
  return holds
    .map(({ name, status, until }) => {
      const ends = name === 'restored' ? 'rollcall ledger restored' : when(until)
      return `held (${name}${status === null ? '' : ` ${status}`}) until ${ends}`
    })
    .join(', ')
}

function describeJob(report: DestinationStatus['job']['report']): string {
  if (report === null) return 'not known'
  const { code, quarantine, seenAt } = report
  const asOf = `as of ${iso(seenAt)}`
  return quarantine === null ? `${code} ${asOf}` : `${code} ${asOf}: ${quarantineInWords(quarantine, when)}`
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

/** What was spent is also shown after the lane was turned off. */
function describeLane(lane: LaneStanding): string {
  const isOff = lane.budget === null
  if (isOff && lane.spent.month === 0) return 'off'
  return `${isOff ? 'off; ' : ''}${standingInWords(lane)}: rollcall emergency`
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

function describeDirectory(read: Status['directory']): string {
  if (read === null) return 'not compared yet'
  const { outcome, endedAt, accounts, differences, failure } = read
  switch (outcome) {
    case 'complete':
      return `${accounts} accounts compared ${age(endedAt)}, ${differences} differences`
    case 'incomplete':
      return `only ${accounts} accounts could be compared ${age(endedAt)} (${failure})`
    case 'forbidden':
      return 'not compared: the right to read users is missing'
  }
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
