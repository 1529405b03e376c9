import type { Ledger } from '../ledger/ledger.ts'
import type { LeaverStep, LeaverView } from '../ledger/port/leavers.ts'
import type { FoldRules } from '../plan/fold/rules.ts'
import { DAY_MS } from '../runtime.ts'
import { type Assessment, assessLeaver } from './assess.ts'

/** An open case is assessed at least this often, … */
const LOOK_MS = 60_000
/** … and one that only a person can close, less often. */
const LOOK_SELDOM_MS = DAY_MS / 24

export interface Tended {
  /** How many cases were assessed; at the limit there may be more. */
  readonly assessed: number
  /**
   * For each case that ended with proof, how long that took: since the event was received, or since
   * it took effect if that was later.
   */
  readonly proofMs: readonly number[]
}

/**
 * Assesses the open leaver cases that are due: ends those with proof, and resends the operations of
 * the others on their schedule.
 */
export async function tendLeavers(
  ledger: Pick<Ledger, 'listOpenLeavers' | 'settleLeavers'>,
  now: number,
  limit: number,
  rules?: FoldRules,
): Promise<Tended> {
  const { leavers } = await ledger.listOpenLeavers({ dueBy: now, employeeId: null, next: null, limit })
  if (leavers.length === 0) return { assessed: 0, proofMs: [] }
  const steps = leavers.map((view) => stepOf(view, assessLeaver(view, now, rules), now))
  const ended = new Set(await ledger.settleLeavers(steps, now))
  const proofMs = leavers.flatMap(({ leaverCase: { id, receivedAt, effectiveAt } }, index) => {
    const step = steps[index]
    const isProven = step?.kind === 'ended' && step.as === 'proven' && ended.has(id)
    return isProven ? [Math.max(0, step.at - Math.max(receivedAt, effectiveAt))] : []
  })
  return { assessed: leavers.length, proofMs }
}

function stepOf({ leaverCase, employee }: LeaverView, assessment: Assessment, now: number): LeaverStep {
  const { id, employeeId } = leaverCase
  const common = { id, employeeId, revision: employee?.revision ?? null }
  if (assessment.kind === 'ended') return { ...common, ...assessment }
  const { cause, nextAt } = assessment
  const resend = nextAt !== null && nextAt <= now
  const later = nextAt ?? now + (cause === 'under-way' ? LOOK_MS : LOOK_SELDOM_MS)
  // Proof may arrive by other means while the next resend is weeks away.
  const lookAt = resend ? now + LOOK_MS : cause === 'held' ? later : Math.min(later, now + LOOK_SELDOM_MS)
  return { ...common, kind: 'open', cause, lookAt, resend }
}
