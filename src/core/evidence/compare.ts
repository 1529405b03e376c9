import { isErasedId } from '../leavers/erased.ts'
import type { Period } from '../ledger/port/leavers.ts'
import { moveBeforeItEnded, type MoveRow, withoutGoneEvent } from './moves.ts'
import {
  type EmergencyRow,
  type EvidenceLedger,
  type EvidenceRow,
  type LeaverRow,
  rowsIn,
  SECTIONS,
  type Section,
} from './rows.ts'

/** How the rows of a report compare with what the ledger says about the same period now. */
export interface Comparison {
  /** The same in both; an erasure may have taken the employee id out of the ledger since. */
  readonly same: number
  /** Open in the report; the ledger has read since what ended it before the end of the period. */
  readonly settledLater: number
  /** Only in the report: retention or an erasure removed it from the ledger. */
  readonly gone: number
  /** Only in the ledger. */
  readonly missing: number
  /** In both, and not the same. */
  readonly different: number
}

/** Compares a report with the ledger, section by section. */
export async function compareWithLedger(
  ledger: EvidenceLedger,
  rows: readonly EvidenceRow[],
  period: Period,
): Promise<Readonly<Record<Section, Comparison>>> {
  const compared: Partial<Record<Section, Comparison>> = {}
  for (const section of SECTIONS)
    compared[section] = await compareSection(
      rowsIn(ledger, section, period),
      rows.filter((row) => row.section === section),
    )
  return compared as Record<Section, Comparison>
}

async function compareSection(
  inLedger: AsyncIterable<EvidenceRow>,
  inReport: readonly EvidenceRow[],
): Promise<Comparison> {
  const left = Map.groupBy(inReport, keyOf)
  const counts = { same: 0, settledLater: 0, missing: 0, different: 0 }
  for await (const row of inLedger) counts[take(left.get(keyOf(row)) ?? [], row)] += 1
  return { ...counts, gone: [...left.values()].reduce((sum, rows) => sum + rows.length, 0) }
}

/** Takes the row that this one of the ledger is the same as, or another state of, out of a report. */
function take(reported: EvidenceRow[], row: EvidenceRow): Exclude<keyof Comparison, 'gone'> {
  const found = (['same', 'settledLater', 'different'] as const)
    .map((how) => [how, reported.findIndex((one) => FITS[how](one, row))] as const)
    .find(([, index]) => index !== -1)
  if (!found) return 'missing'
  reported.splice(found[1], 1)
  return found[0]
}

type Fits = (reported: EvidenceRow, row: EvidenceRow) => boolean
const FITS: Readonly<Record<'same' | 'settledLater' | 'different', Fits>> = {
  same: (reported, row) => JSON.stringify(withoutErased(reported, row)) === JSON.stringify(row),
  settledLater: (reported, row) => {
    const before = beforeItEnded(reported, row)
    return before !== null && FITS.same(reported, before)
  },
  different: (reported, row) => isCase(reported) || (!isCase(row) && reported.about === row.about),
}

/** Rows that have a number of their own. */
const isCase = (row: EvidenceRow): row is LeaverRow | EmergencyRow | MoveRow =>
  row.section === 'leavers' || row.section === 'emergency' || row.section === 'moves'

/**
 * The row of the ledger as it was when the report was made, if what the report calls open can have
 * ended since.
 */
function beforeItEnded(reported: EvidenceRow, row: EvidenceRow): EvidenceRow | null {
  if (reported.section === 'leavers' && row.section === 'leavers')
    return reported.ended === 'open' && row.ended !== 'acknowledged' ? caseWhileOpen(reported, row) : null
  if (reported.section === 'moves' && row.section === 'moves') return moveBeforeItEnded(reported, row)
  return reported.section === 'emergency' && row.section === 'emergency'
    ? callBeforeItEnded(reported, row)
    : null
}

/** How an open case stands. */
const OPEN = {
  ended: 'open',
  endedAt: null,
  provenBy: null,
  proofMs: null,
  proofFromRecordedMs: null,
  decidedBy: null,
  justification: null,
} as const satisfies Partial<LeaverRow>

/** Until it ends, the account may still get its destination. */
function caseWhileOpen({ destination }: LeaverRow, row: LeaverRow): LeaverRow {
  const { section, id, employeeId, destination: _since, ...rest } = row
  const at = destination === undefined ? {} : { destination }
  return { section, id, employeeId, ...at, ...rest, ...OPEN }
}

/** A late answer of the log also replaces that there was none, or a failure. */
const MAY_CHANGE: ReadonlySet<EmergencyRow['job']> = new Set(['open', 'failed', 'unanswered'])

function callBeforeItEnded(reported: EmergencyRow, row: EmergencyRow): EmergencyRow {
  const { result, status, endedAt, usd, job, jobEndedAt } = reported
  return {
    ...row,
    ...(result === 'open' ? { result, status, endedAt, usd } : {}),
    ...(MAY_CHANGE.has(job) ? { job, jobEndedAt } : {}),
  }
}

/** A case, a call or a move is identified by its number, an action by who did it when. */
function keyOf(row: EvidenceRow): string {
  return isCase(row) ? row.id : JSON.stringify([row.at, row.actor, row.action])
}

/**
 * The row of the report with the names that an erasure has put into that of the ledger since, and
 * without what retention has removed.
 */
function withoutErased(reported: EvidenceRow, row: EvidenceRow): EvidenceRow {
  if (reported.section === 'leavers' && row.section === 'leavers')
    return isErasedId(row.employeeId)
      ? { ...reported, employeeId: row.employeeId, event: row.event }
      : reported
  if (reported.section === 'emergency' && row.section === 'emergency')
    return {
      ...reported,
      ...(isErasedId(row.employeeId) ? { employeeId: row.employeeId } : {}),
      ...(row.job === null ? { job: null, jobEndedAt: null } : {}),
    }
  if (reported.section === 'moves' && row.section === 'moves') return withoutGoneEvent(reported, row)
  if (isCase(reported) || isCase(row)) return reported
  return EMPLOYEE_HASH.test(row.about ?? '') ? { ...reported, about: row.about } : reported
}

const EMPLOYEE_HASH = /^[0-9a-f]{64}$/
