import { mayBeThere, openLedger } from '../../adapters/ledger-sql/open.ts'
import { brakeOf, ledgerAddress } from '../../compose/connector.ts'
import type { Config } from '../../config/load.ts'
import { readConfig } from '../../compose/config.ts'
import { RollcallError } from '../../core/errors.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { SubmissionStatus } from '../../core/ledger/port/submit.ts'
import { forecast } from '../../core/provision/pace.ts'
import { masked } from '../../core/mask.ts'
import { reconcile } from '../support/reconcile.ts'
import { type Format, printJson, printTable } from '../support/output.ts'

/** A ledger to look at, beside a process that may be running on it. Throws `LedgerMissing`. */
export async function withLedger<T>(
  environment: NodeJS.ProcessEnv,
  work: (ledger: Ledger) => Promise<T>,
  access: 'read' | 'write' = 'read',
): Promise<T> {
  const ledger = await openExisting(readConfig(environment), access)
  try {
    return await work(ledger)
  } finally {
    await ledger.close()
  }
}

/** Throws `LedgerMissing`; never makes one. */
export function openExisting(config: Config, access: 'read' | 'write'): Promise<Ledger> {
  const place = ledgerAddress(config)
  if (!mayBeThere(place))
    throw new RollcallError(
      'LedgerMissing',
      `there is no ledger at ${masked(place.location)}; name another with LEDGER, or start one with rollcall run`,
    )
  return openLedger(place, { kind: access }, Date.now)
}

/** 0 when the books balance, 3 when they do not. */
export function status(environment: NodeJS.ProcessEnv, format: Format): Promise<number> {
  const config = readConfig(environment)
  return withLedger(environment, async (ledger) => {
    const now = Date.now()
    const { totals, stateCounts } = await ledger.readCounts()
    const books = reconcile(totals, stateCounts)
    const { nextAt } = await ledger.readIdle(now)
    const log = { readUntil: iso(await ledger.readWatermark()), foreign: totals.unmatched }
    const submissionStatus = await ledger.readSubmissionStatus(now)
    const findings = await ledger.countOpenFindings()
    const brake = await ledger.readBrakeStatus(brakeOf(config), now)
    const limits = { perWindow: config.CALLS_PER_5S, windowMs: 5_000, perDay: config.CALLS_PER_DAY }
    // A hold ends by itself: the job's when nobody looks at it any more, the others with the next batch that gets through.
    const held = submissionStatus.holds.filter(({ name, until }) => name !== 'job' || until > now)
    const from = Math.max(now, ...held.map(({ until }) => until))
    const ahead = forecast(
      submissionStatus.pending + submissionStatus.unplanned,
      config.BATCH_OPERATIONS,
      submissionStatus.callTimes,
      limits,
      from,
    )
    const holds = held.map((hold) => ({ ...hold, since: iso(hold.since), until: iso(hold.until) }))
    if (format === 'json') {
      printJson({
        ...books,
        operationsByState: stateCounts.operations,
        batchesByState: stateCounts.batches,
        nextAt: iso(nextAt),
        log,
        submitLoop: {
          holds,
          callsToday: submissionStatus.callTimes.length,
          callsPerDay: limits.perDay,
          waiting: submissionStatus.pending,
          forecast: { calls: ahead.calls, doneAt: iso(ahead.doneAt) },
        },
        leavers: { ...submissionStatus.leavers, oldestAt: iso(submissionStatus.leavers.oldestAt) },
        notAccepted: {
          ...submissionStatus.notAccepted,
          employees: submissionStatus.notAccepted.employees.map((one) => ({
            ...one,
            failedAt: iso(one.failedAt),
          })),
        },
        brake: { ...brake, heldSince: iso(brake.heldSince) },
        findings: findings.map(({ code, count, oldestAt }) => ({ code, count, oldestAt: iso(oldestAt) })),
      })
    } else {
      printTable(['events', ''], [...Object.entries(books.events), ['open', books.open]])
      printTable(
        ['', ''],
        [
          ['messages', books.messages],
          ['duplicates', books.duplicates],
          ['rejected', books.rejected],
          ['imported', books.imported],
          ['folded away', books.folded],
          ['erased', books.erased],
          ['employees', books.employees],
          ['operations', books.operations],
          ['calls', books.calls],
          ['calls in the last 24 h', `${submissionStatus.callTimes.length} of ${limits.perDay}`],
          ['operations waiting', submissionStatus.pending],
          ['through', ahead.doneAt === null ? 'nothing waits' : `${iso(ahead.doneAt)}, ${ahead.calls} calls`],
          [
            'submission',
            holds.length === 0
              ? 'open'
              : holds
                  .map(
                    (hold) =>
                      `held (${hold.name}${hold.status === null ? '' : ` ${hold.status}`}) until ${hold.until}`,
                  )
                  .join(', '),
          ],
          [
            'brake',
            brake.held === 0
              ? `open, ${brake.employees} of ${brake.active} active people put out in the window`
              : `holds ${brake.held} people: rollcall brake status`,
          ],
          ['leavers not proven', leaversIn(submissionStatus)],
          ['records not taken, nobody to blame', notTakenIn(submissionStatus)],
          [
            'findings',
            findings.length === 0
              ? 'none'
              : `${findings.map(({ code, count }) => `${count} ${code}`).join(', ')}: rollcall findings`,
          ],
          ['log read until', log.readUntil ?? 'not read yet'],
          ['log records of others', log.foreign],
          ['outcomes not yet published', books.unpublished],
          ['next moment', iso(nextAt) ?? 'none'],
          ['books', books.balanced ? 'balanced' : books.wrong.join('; ')],
        ],
      )
    }
    return books.balanced ? 0 : 3
  })
}

/** Open leaver cases by cause. */
function leaversIn({ leavers: { open, byCause, oldestAt } }: SubmissionStatus): string {
  const causes = Object.entries(byCause).map(([cause, count]) => `${count} ${cause}`)
  return open === 0
    ? 'none'
    : `${open}: ${causes.join(', ')}; the oldest since ${iso(oldestAt)} — rollcall leavers`
}

/** The first of them by name: what their operation carried was no event, so there is no dead letter to look at. */
function notTakenIn({ notAccepted: { count, employees } }: SubmissionStatus): string {
  const named = employees
    .slice(0, 5)
    .map(({ employeeId, code, leaver }) => `${employeeId} (${leaver ? 'to be put out, ' : ''}${code})`)
  return count === 0
    ? 'none'
    : [
        `${count}:`,
        named.join(', '),
        ...(count > named.length ? ['…'] : []),
        '— rollcall trace EMPLOYEE',
      ].join(' ')
}

function iso(at: number): string
function iso(at: number | null): string | null
function iso(at: number | null): string | null {
  return at === null ? null : new Date(Math.round(at)).toISOString()
}
