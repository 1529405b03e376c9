import { destinationField } from '../destinations/destination.ts'
import { nameOf } from '../leavers/case-name.ts'
import type { ClosedAs } from '../leavers/causes.ts'
import { isErasedId } from '../leavers/erased-id.ts'
import { toProof } from '../leavers/summary.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { rowsOf } from '../ledger/pages.ts'
import type { PastLeaver, Period } from '../ledger/port/leavers.ts'
import { isoOf, NUMBERED, PAGE, type RowKind } from './kind.ts'

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

export async function* leaverRows(
  ledger: Pick<Ledger, 'listLeaversIn'>,
  period: Period,
): AsyncGenerator<LeaverRow> {
  const cases = rowsOf<PastLeaver>(async (next) => {
    const { leavers: rows, next: following } = await ledger.listLeaversIn({ ...period, next, limit: PAGE })
    return { rows, next: following }
  })
  for await (const one of cases) yield leaverRow(one, period)
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
    endedAt: isoOf(ended?.at ?? null),
    provenBy: proven && (ended?.byEmergency ? 'emergency lane' : 'job'),
    proofMs: proven && toProof(proven, times.receivedAt),
    proofFromRecordedMs: proven && toProof(proven, times.recordedAt),
    decidedBy: ended?.acknowledged?.by ?? null,
    justification: ended?.acknowledged?.justification ?? null,
  }
}

/** A decision of a person is not read later: only a proof settles what was open. */
export const LEAVERS: RowKind<LeaverRow> = {
  ...NUMBERED,
  withoutGone: (reported, { employeeId, event }) =>
    isErasedId(employeeId) ? { ...reported, employeeId, event } : reported,
  beforeItEnded: (reported, row) =>
    reported.ended === 'open' && row.ended !== 'acknowledged' ? whileOpen(reported, row) : null,
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
function whileOpen({ destination }: LeaverRow, row: LeaverRow): LeaverRow {
  const { section, id, employeeId, destination: _since, ...rest } = row
  const at = destination === undefined ? {} : { destination }
  return { section, id, employeeId, ...at, ...rest, ...OPEN }
}
