import type { Config } from '../../../config/load.ts'
import { EXIT_CODES } from '../../../core/errors.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import type { EndedLeaver, EndedLeaversCursor, EndedLeaversPage } from '../../../core/ledger/port/leavers.ts'
import { lateSince } from '../../../core/leavers/overdue.ts'
import { type Durations, type LeaverSummary, summarizeLeavers } from '../../../core/leavers/summary.ts'
import { sinceOf } from '../../support/options/instant-option.ts'
import { iso } from '../../support/instants.ts'
import { withLedger } from '../../support/ledger.ts'
import { printJson, printJsonLine, printLines, printTable } from '../../support/output.ts'
import { span } from '../../../core/display/span.ts'
import { keepSmall, type RowFormat } from '../../support/rows.ts'
import { openCases } from './open-cases.ts'

/** Rows of one transaction. */
const PAGE = 1_000

interface OpenCount {
  readonly count: number
  /** Of these, cases that only wait for their date. */
  readonly held: number
  /** How long the oldest of the others is open, without the time before its effective date. */
  readonly oldestAgeMs: number | null
}

/** Exit 0. Throws `ArgumentInvalid` when `since` is neither a duration nor an instant. */
export function summarize(
  environment: NodeJS.ProcessEnv,
  since: string | undefined,
  output: RowFormat,
): Promise<number> {
  keepSmall()
  const now = Date.now()
  const from = since === undefined ? null : sinceOf('--since', since, now)
  return withLedger(environment, async (ledger, config) => {
    const summary = summarizeLeavers(await endedSince(ledger, from))
    const open = await countOpen(ledger, config, now)
    const shown = { since: iso(from), ...summary, open }
    if (output === 'json') printJson(shown)
    else if (output === 'ndjson') printJsonLine(shown)
    else printSummary(summary, open, from)
    return EXIT_CODES.done
  })
}

async function endedSince(
  ledger: Pick<Ledger, 'listEndedLeavers'>,
  since: number | null,
): Promise<readonly EndedLeaver[]> {
  const ended: EndedLeaver[] = []
  let next: EndedLeaversCursor | null = null
  do {
    const page: EndedLeaversPage = await ledger.listEndedLeavers({ since, next, limit: PAGE })
    ended.push(...page.leavers)
    next = page.next
  } while (next !== null)
  return ended
}

async function countOpen(ledger: Ledger, config: Config, now: number): Promise<OpenCount> {
  let [count, held] = [0, 0]
  let oldestAgeMs: number | null = null
  for await (const { leaverCase, assessment } of openCases(ledger, config, { now, employeeId: null })) {
    count += 1
    const since = lateSince(leaverCase, assessment)
    if (since === null) held += 1
    else oldestAgeMs = Math.max(oldestAgeMs ?? 0, now - since)
  }
  return { count, held, oldestAgeMs }
}

function printSummary(
  { ended, byEmergency, toProven }: LeaverSummary,
  open: OpenCount,
  since: number | null,
): void {
  const row = (name: string, { p50Ms, p95Ms, worstMs }: Durations): string[] => [
    name,
    ...[p50Ms, p95Ms, worstMs].map((ms) => (ms === null ? '' : span(ms))),
  ]
  const { proven, ...others } = ended
  printTable(
    ['until proven disabled', 'p50', 'p95', 'worst'],
    [
      row('from recorded', toProven.recorded),
      row('from effective', toProven.effective),
      row('from received', toProven.received),
    ],
  )
  printLines('')
  printTable(
    [since === null ? 'closed cases' : `closed since ${iso(since)}`, ''],
    [
      ['proven', proven],
      ...(byEmergency > 0 ? [['first by the emergency lane', byEmergency]] : []),
      ...Object.entries(others),
    ],
  )
  printLines('')
  const oldest = open.oldestAgeMs === null ? '' : `, the oldest for ${span(open.oldestAgeMs)}`
  printLines(
    `open now: ${open.count}${open.held > 0 ? ` (${open.held === 1 ? '1 waits for its date' : `${open.held} wait for their date`})` : ''}${oldest}`,
  )
}
