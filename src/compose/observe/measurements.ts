import { FINDING_CODES } from '../../core/findings/codes.ts'
import { LEAVER_CAUSES, type LeaverCause } from '../../core/leavers/causes.ts'
import type { DeadLetterCount } from '../../core/ledger/port/dead-letters.ts'
import type { FindingCount } from '../../core/ledger/port/findings.ts'
import { type Totals, TOTALS } from '../../core/ledger/port/inspect.ts'
import type { SubmissionStatus } from '../../core/ledger/port/submit.ts'
import type { Measurement } from '../../core/telemetry.ts'
import type { Readiness } from './readiness.ts'

/** What the ledger says at one moment. */
export interface LedgerFigures {
  readonly totals: Totals
  readonly submissionStatus: SubmissionStatus
  readonly watermark: number | null
  readonly findings: readonly FindingCount[]
  readonly deadLetters: readonly DeadLetterCount[]
  readonly blocks: number
}

export interface ProcessFigures {
  readonly residentBytes: number
  readonly cpuSeconds: number
  readonly startedAt: number
  readonly lagSeconds: number
}

export interface Figures {
  readonly readiness: Readiness
  /** `null` while the ledger does not answer. */
  readonly ledger: LedgerFigures | null
  readonly callsPerDay: number
  readonly process: ProcessFigures
}

const SECOND_MS = 1_000

/** The measurements of everything that is read, rather than counted. */
export function measurementsOf({ readiness, ledger, callsPerDay, process }: Figures): readonly Measurement[] {
  return [
    { name: 'rollcall.ready', value: readiness.ready ? 1 : 0 },
    ...Object.entries(readiness.checks).map(([check, answer]): Measurement => {
      return { name: 'rollcall.check', value: answer === 'ok' ? 1 : 0, attributes: { check } }
    }),
    ...(ledger ? ofLedger(ledger) : []),
    { name: 'rollcall.calls_per_day_limit', value: callsPerDay },
    { name: 'rollcall.event_loop_lag_p99_seconds', value: process.lagSeconds },
    { name: 'process.resident_memory_bytes', value: process.residentBytes },
    { name: 'process.cpu_seconds', value: process.cpuSeconds },
    { name: 'process.start_time_seconds', value: process.startedAt / SECOND_MS },
  ]
}

function ofLedger({
  totals,
  submissionStatus,
  watermark,
  findings,
  deadLetters,
  blocks,
}: LedgerFigures): readonly Measurement[] {
  const { pending, unplanned, notAccepted, callTimes, holds, leavers } = submissionStatus
  return [
    ...TOTALS.map((line): Measurement => ({ name: `rollcall.ledger.${line}`, value: totals[line] })),
    { name: 'rollcall.ledger.operations_pending', value: pending },
    { name: 'rollcall.ledger.employees_unplanned', value: unplanned },
    { name: 'rollcall.ledger.employees_not_accepted', value: notAccepted.count },
    // Zero for what could be there and is not: an alert on a series that is absent never fires.
    ...FINDING_CODES.map((code): Measurement => {
      const count = findings.find((one) => one.code === code)?.count ?? 0
      return { name: 'rollcall.ledger.findings_open', value: count, attributes: { code } }
    }),
    ...leaverCauses().map((cause): Measurement => {
      return {
        name: 'rollcall.ledger.leavers_open',
        value: leavers.byCause[cause] ?? 0,
        attributes: { cause },
      }
    }),
    ...instant('rollcall.ledger.leavers_oldest_seconds', leavers.oldestAt),
    { name: 'rollcall.ledger.blocks', value: blocks },
    ...deadLetters.map(({ code, count }): Measurement => {
      return {
        name: 'rollcall.ledger.dead_letters',
        value: count,
        attributes: { store: 'ledger', code },
      }
    }),
    { name: 'rollcall.ledger.calls_24h', value: callTimes.length },
    ...holds.map(({ name: hold, since }): Measurement => {
      return {
        name: 'rollcall.ledger.hold_since_seconds',
        value: since / SECOND_MS,
        attributes: { hold },
      }
    }),
    ...instant('rollcall.ledger.log_read_until_seconds', watermark),
  ]
}

type InstantName = 'rollcall.ledger.leavers_oldest_seconds' | 'rollcall.ledger.log_read_until_seconds'

function instant(name: InstantName, at: number | null): readonly Measurement[] {
  return at === null ? [] : [{ name, value: at / SECOND_MS }]
}

function leaverCauses(): readonly LeaverCause[] {
  return Object.keys(LEAVER_CAUSES).filter((cause): cause is LeaverCause =>
    Object.hasOwn(LEAVER_CAUSES, cause),
  )
}
