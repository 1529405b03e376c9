import type { EmergencyResult, PastEmergencyCall } from '../emergency/ledger.ts'
import { usdOf } from '../emergency/money.ts'
import type { EmergencyReason } from '../emergency/reasons.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { OperationState } from '../ledger/lifecycle.ts'
import { auditEntries, rowsOf } from '../ledger/pages.ts'
import type { PastLeaver, Period } from '../ledger/port/leavers.ts'
import type { ClosedAs } from '../leavers/causes.ts'
import { nameOf } from '../leavers/case-name.ts'
import { destinationField } from '../destinations/destination.ts'
import { toProof } from '../leavers/summary.ts'
import { type MoveRow, moveRows } from './moves.ts'

/** The parts of a report, in their order. Each is read from the ledger by itself. */
export const SECTIONS = [
  'leavers',
  'emergency',
  'moves',
  'decisions',
  'replays',
  'configuration',
  'disclosures',
] as const
export type Section = (typeof SECTIONS)[number]
type ActionSection = Exclude<Section, 'leavers' | 'emergency' | 'moves'>

/** A leaver case that was open at some moment of the period, as it stood at its end. */
export interface LeaverRow {
  readonly section: 'leavers'
  readonly id: string
  readonly employeeId: string
  /** Where the account is; only with several destinations, and not for `default`. */
  readonly destination?: string | undefined
  readonly source: string
  readonly event: string
  readonly effectiveAt: string
  /** When HR recorded the termination. */
  readonly recordedAt: string
  readonly receivedAt: string
  readonly openedAt: string
  readonly ended: ClosedAs | 'open'
  readonly endedAt: string | null
  /** What gave the first proof: the provisioning job, or the emergency lane before it. */
  readonly provenBy: 'job' | 'emergency lane' | null
  /**
   * From receipt, and from the record of HR, to the proof that the account is disabled. The time
   * before the effective date does not count. `null` without proof.
   */
  readonly proofMs: number | null
  readonly proofFromRecordedMs: number | null
  readonly decidedBy: string | null
  readonly justification: string | null
}

/** A call of the emergency lane that was begun in the period, as it stood at its end. */
export interface EmergencyRow {
  readonly section: 'emergency'
  readonly id: string
  readonly employeeId: string
  /** The deactivation that waited for the job. */
  readonly operation: string
  readonly reason: EmergencyReason
  readonly begunAt: string
  /** `open`: there is no answer. */
  readonly result: EmergencyResult | 'open'
  readonly status: number | null
  readonly endedAt: string | null
  /** One without an answer counts as billed. */
  readonly usd: number
  /**
   * How the operation ended in the job; `open` while it had not, `null` when the ledger no longer
   * has it.
   */
  readonly job: OperationState | 'open' | null
  readonly jobEndedAt: string | null
}

/** An entry of the audit trail. */
export interface ActionRow {
  readonly section: ActionSection
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly about: string | null
  /** Dead letters of a replay; otherwise 1. */
  readonly count: number
  readonly justification: string
}
export type EvidenceRow = LeaverRow | EmergencyRow | MoveRow | ActionRow

export type EvidenceLedger = Pick<
  Ledger,
  'listLeaversIn' | 'listEmergencyCallsIn' | 'listMovesIn' | 'listAudit'
>

/** Rows of one transaction. */
const PAGE = 1_000

/**
 * The rows of a section, read a page at a time. They name employees by id and hold no personal
 * value; a justification is what a person wrote.
 */
export function rowsIn(ledger: EvidenceLedger, section: Section, period: Period): AsyncIterable<EvidenceRow> {
  if (section === 'leavers') return leaverRows(ledger, period)
  if (section === 'moves') return moveRows(ledger, period, PAGE)
  return section === 'emergency' ? emergencyRows(ledger, period) : actionRows(ledger, section, period)
}

async function* leaverRows(ledger: EvidenceLedger, period: Period): AsyncGenerator<LeaverRow> {
  const cases = rowsOf<PastLeaver>(async (next) => {
    const { leavers: rows, next: following } = await ledger.listLeaversIn({ ...period, next, limit: PAGE })
    return { rows, next: following }
  })
  for await (const one of cases) yield leaverRow(one, period)
}

export async function* emergencyRows(
  ledger: Pick<EvidenceLedger, 'listEmergencyCallsIn'>,
  period: Period,
): AsyncGenerator<EmergencyRow> {
  const calls = rowsOf<PastEmergencyCall>(async (next) => {
    const { calls: rows, next: following } = await ledger.listEmergencyCallsIn({
      ...period,
      next,
      limit: PAGE,
    })
    return { rows, next: following }
  })
  for await (const one of calls) yield emergencyRow(one, period)
}

async function* actionRows(
  ledger: EvidenceLedger,
  section: ActionSection,
  { from, to }: Period,
): AsyncGenerator<ActionRow> {
  const entries = auditEntries(ledger, { since: from, until: to, about: null, limit: PAGE })
  for await (const { at, ...entry } of entries)
    if (sectionOf(entry.action) === section) yield { section, at: isoOf(at), ...entry }
}

/** Where an action belongs. Whatever a person decided, edits included, is a decision. */
function sectionOf(action: string): ActionSection {
  if (action === 'configuration') return 'configuration'
  if (action === 'show-values') return 'disclosures'
  if (action !== 'replay.edit' && (action === 'replay' || action.startsWith('replay.'))) return 'replays'
  return 'decisions'
}

/** What ended after the period was open at its end. */
function leaverRow(
  { id, employeeId, destination, event, ended: known, ...times }: PastLeaver,
  { to }: Period,
): LeaverRow {
  const ended = known !== null && known.at < to ? known : null
  const proven = ended?.as === 'proven' ? { endedAt: ended.at, effectiveAt: times.effectiveAt } : null
  return {
    section: 'leavers',
    id: nameOf(id),
    employeeId,
    ...destinationField(destination),
    source: event.source,
    event: event.id,
    effectiveAt: isoOf(times.effectiveAt),
    recordedAt: isoOf(times.recordedAt),
    receivedAt: isoOf(times.receivedAt),
    openedAt: isoOf(times.openedAt),
    ended: ended?.as ?? 'open',
    endedAt: ended ? isoOf(ended.at) : null,
    provenBy: proven && (ended?.byEmergency ? 'emergency lane' : 'job'),
    proofMs: proven && toProof(proven, times.receivedAt),
    proofFromRecordedMs: proven && toProof(proven, times.recordedAt),
    decidedBy: ended?.acknowledged?.by ?? null,
    justification: ended?.acknowledged?.justification ?? null,
  }
}

/** An answer that came late may have opened an operation again that had ended. */
const UNDER_WAY: ReadonlySet<OperationState> = new Set([
  'pending',
  'batched',
  'accepted',
  'answered',
  'escrowed',
])

/** What ended after the period was open at its end. */
function emergencyRow(call: PastEmergencyCall, { to }: Period): EmergencyRow {
  const { id, employeeId, operation, reason, begunAt, microUsd, job } = call
  const ended = call.ended !== null && call.ended.at < to ? call.ended : null
  const finishedAt = job === null || UNDER_WAY.has(job.state) ? null : job.finishedAt
  const jobEndedAt = finishedAt !== null && finishedAt < to ? finishedAt : null
  return {
    section: 'emergency',
    id: `call-${id}`,
    employeeId,
    operation,
    reason,
    begunAt: isoOf(begunAt),
    result: ended?.result ?? 'open',
    status: ended?.status ?? null,
    endedAt: ended && isoOf(ended.at),
    usd: usdOf(microUsd),
    job: job && (jobEndedAt === null ? 'open' : job.state),
    jobEndedAt: jobEndedAt === null ? null : isoOf(jobEndedAt),
  }
}

const isoOf = (at: number): string => new Date(at).toISOString()
