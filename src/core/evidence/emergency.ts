import type { EmergencyResult, PastEmergencyCall } from '../emergency/ledger.ts'
import { usdOf } from '../emergency/money.ts'
import type { EmergencyReason } from '../emergency/reasons.ts'
import { isErasedId } from '../leavers/erased-id.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { OperationState } from '../ledger/lifecycle.ts'
import { rowsOf } from '../ledger/pages.ts'
import type { Period } from '../ledger/port/leavers.ts'
import { isoOf, MAY_CHANGE, NUMBERED, PAGE, type RowKind } from './kind.ts'

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

export async function* emergencyRows(
  ledger: Pick<Ledger, 'listEmergencyCallsIn'>,
  period: Period,
): AsyncGenerator<EmergencyRow> {
  const calls = rowsOf<PastEmergencyCall>(async (next) => {
    const query = { ...period, next, limit: PAGE }
    const { calls: rows, next: following } = await ledger.listEmergencyCallsIn(query)
    return { rows, next: following }
  })
  for await (const one of calls) yield emergencyRow(one, period)
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
    endedAt: isoOf(ended?.at ?? null),
    usd: usdOf(microUsd),
    job: job && (jobEndedAt === null ? 'open' : job.state),
    jobEndedAt: isoOf(jobEndedAt),
  }
}

export const CALLS: RowKind<EmergencyRow> = {
  ...NUMBERED,
  withoutGone: (reported, { employeeId, job }) => ({
    ...reported,
    ...(isErasedId(employeeId) ? { employeeId } : {}),
    ...(job === null ? { job: null, jobEndedAt: null } : {}),
  }),
  beforeItEnded: ({ result, status, endedAt, usd, job, jobEndedAt }, row) => ({
    ...row,
    ...(result === 'open' ? { result, status, endedAt, usd } : {}),
    ...(MAY_CHANGE.has(job) ? { job, jobEndedAt } : {}),
  }),
}
