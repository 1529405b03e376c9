import { effectiveState } from '../plan/decide/effective-state.ts'
import type { FoldRules } from '../plan/fold/rules.ts'
import type { Pilot } from '../plan/pilot.ts'
import type { EmergencyCandidate, EmergencyStatus, WaitingLeaver } from './ledger.ts'
import { affordableCalls } from './money.ts'
import { type LaneNeed, reasonFor } from './need.ts'
import type { EmergencyReason } from './reasons.ts'
import type { EmergencyRules } from './settings.ts'

/** One leaver whose account the lane disables now. */
export interface DueCall {
  readonly candidate: EmergencyCandidate
  readonly reason: EmergencyReason
}

export interface EmergencyPlan {
  readonly calls: readonly DueCall[]
  /** Leavers who should go by the lane and cannot. */
  readonly waits: readonly WaitingLeaver[]
}

export interface EmergencyContext {
  readonly now: number
  readonly rules: EmergencyRules
  readonly fold?: FoldRules | undefined
  readonly pilot?: Pilot | undefined
}

/** After a call that did not disable the account; the last interval repeats. */
const RETRY_AFTER_MS = [10_000, 60_000, 300_000, 900_000, 3_600_000] as const

/**
 * Which leavers go by the lane now. Pure. Each of them is inactive by all events known, is held by
 * neither brake nor pilot, and has an operation that the job could not carry out. No employee is
 * chosen twice, and no more are chosen than the budget pays for.
 */
export function decideEmergency(
  candidates: readonly EmergencyCandidate[],
  need: LaneNeed,
  { spent }: Pick<EmergencyStatus, 'spent'>,
  context: EmergencyContext,
): EmergencyPlan {
  const calls: DueCall[] = []
  const waits: WaitingLeaver[] = []
  const seen = new Set<string>()
  const { budget, microUsdPerCall } = context.rules
  let affordable = affordableCalls(budget, spent, microUsdPerCall)
  // One account that the directory refuses does not keep the lane from the others.
  const fewestTries = candidates.toSorted((one, other) => triesOf(one) - triesOf(other))
  for (const candidate of fewestTries) {
    const { employeeId } = candidate.employee
    const reason = reasonFor(candidate.operation, need, context)
    if (reason === null || seen.has(employeeId) || !isLeaver(candidate, context)) continue
    seen.add(employeeId)
    if (candidate.objectId === null) waits.push({ employeeId, why: 'no-object-id' })
    else if (!mayTry(candidate, context.now)) waits.push(...triedBefore(candidate))
    else if (affordable === 0) waits.push({ employeeId, why: 'budget' })
    else {
      affordable -= 1
      calls.push({ candidate, reason })
    }
  }
  return { calls, waits }
}

/**
 * The plan was made earlier: what has been recorded since decides, as it would for the next plan.
 */
function isLeaver({ employee, brake }: EmergencyCandidate, { now, fold, pilot }: EmergencyContext): boolean {
  const { attributes } = effectiveState(employee, now, fold)
  if (brake !== null || attributes.get('active')?.value !== false) return false
  return pilot === undefined || pilot.includes(employee.employeeId, attributes)
}

function triesOf({ last }: EmergencyCandidate): number {
  return last?.tries ?? 0
}

/** What its last call said, while the next one is not due. */
function triedBefore({ employee: { employeeId }, last }: EmergencyCandidate): readonly WaitingLeaver[] {
  return last?.wait ? [{ employeeId, why: last.wait }] : []
}

/** An account that is gone is not asked for again: the answer would be the same, and is billed. */
function mayTry({ last }: EmergencyCandidate, now: number): boolean {
  // A call from the future was begun by a clock that was ahead.
  if (last === null || last.begunAt > now) return true
  if (last.wait === 'account-gone') return false
  const waitMs = RETRY_AFTER_MS[last.tries - 1] ?? RETRY_AFTER_MS.at(-1) ?? 0
  return now >= (last.endedAt ?? last.endsBy) + waitMs
}
