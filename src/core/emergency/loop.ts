import type { Ledger } from '../ledger/ledger.ts'
import type { CallLimits } from '../ledger/port/submit.ts'
import type { DirectDeactivation } from '../ports.ts'
import type { FoldRules } from '../plan/fold/rules.ts'
import type { Pilot } from '../plan/pilot.ts'
import { statusLabel } from '../provision/verdict.ts'
import type { Runtime } from '../runtime.ts'
import { loop, withGrace, type WakeableService } from '../service.ts'
import { decideEmergency, type DueCall, type EmergencyContext, type EmergencyPlan } from './decide.ts'
import type { EmergencyStatus, WaitingLeaver } from './ledger.ts'
import { usdOf } from './money.ts'
import { candidatesFor, laneNeed } from './need.ts'
import { EMERGENCY_WAITS } from './reasons.ts'
import type { EmergencyRules } from './settings.ts'
import { emergencyVerdict, type EmergencyVerdict, type PauseSettings } from './verdict.ts'

export interface EmergencySettings extends PauseSettings {
  readonly rules: EmergencyRules
  /** The limits of the bulk calls, whose end the lane is for. */
  readonly limits: CallLimits
  readonly fold?: FoldRules
  readonly pilot?: Pilot
  readonly pollMs: number
  /** Leavers in one turn. */
  readonly employeesAtOnce: number
  /** Longer than a call takes. */
  readonly answerMs: number
}

export interface EmergencyLane {
  readonly ledger: Pick<
    Ledger,
    | 'readEmergencyStatus'
    | 'listEmergencyCandidates'
    | 'beginEmergencyCall'
    | 'endEmergencyCall'
    | 'markEmergencyWaits'
  >
  readonly directory: DirectDeactivation
  readonly settings: EmergencySettings
  readonly runtime: Runtime
}

/** How long a stop waits for an answer. */
const ANSWER_GRACE_MS = 5_000

/**
 * Disables the accounts of leavers at once while the provisioning job cannot. The operation of each
 * of them stays where it is and is sent by the job as soon as that is possible: the lane only goes
 * ahead of it. A call is recorded before it is made, with its cost, and ended after it; one that was
 * cut off in between is repeated, which changes nothing if it had been carried out.
 */
export function emergencyLoop(lane: EmergencyLane): WakeableService {
  let pause: EmergencyVerdict['pause'] = null
  let failures = 0
  return loop('emergency', lane.runtime, async (signal) => {
    const { ledger, settings, runtime } = lane
    const now = runtime.now()
    if (pause !== null && pause.until <= now) pause = null
    const status = await ledger.readEmergencyStatus(now)
    const plan = await planOf(lane, status, now)
    const due = pause === null ? plan.calls : []
    const waits = pause === null ? plan.waits : [...plan.waits, ...waiting(plan.calls, pause.why)]
    await mark(lane, status.waits, waits)
    for (const call of due) {
      if (signal.aborted) break
      const verdict = await makeCall(lane, call, failures, signal)
      if (verdict === null) continue
      pause = verdict.pause
      failures = pause?.why === 'unavailable' ? failures + 1 : 0
      if (pause !== null) break
    }
    // A pause is said in the leaver cases at once.
    return due.length > 0 && pause !== null ? 0 : settings.pollMs
  })
}

async function planOf(
  { ledger, settings }: EmergencyLane,
  status: EmergencyStatus,
  now: number,
): Promise<EmergencyPlan> {
  const { rules, limits, fold, pilot } = settings
  const need = laneNeed(status, limits, rules)
  const query = candidatesFor(need, rules, now)
  if (query === null) return { calls: [], waits: [] }
  const candidates = await ledger.listEmergencyCandidates({ ...query, limit: settings.employeesAtOnce })
  const context: EmergencyContext = { now, rules, fold, pilot }
  return decideEmergency(candidates, need, status, context)
}

function waiting(calls: readonly DueCall[], why: WaitingLeaver['why']): readonly WaitingLeaver[] {
  return calls.map(({ candidate }) => ({ employeeId: candidate.employee.employeeId, why }))
}

/** Writes only what has changed. */
async function mark(
  { ledger, runtime }: EmergencyLane,
  before: readonly WaitingLeaver[],
  now: readonly WaitingLeaver[],
): Promise<void> {
  const known = new Map(before.map(({ employeeId, why }) => [employeeId, why]))
  const isSame =
    known.size === now.length && now.every(({ employeeId, why }) => known.get(employeeId) === why)
  if (isSame) return
  await ledger.markEmergencyWaits(now)
  const reasons = new Set(known.values())
  for (const [why, all] of Map.groupBy(now, (one) => one.why))
    if (!reasons.has(why))
      runtime.log.warn('emergency.waits', {
        why,
        leavers: all.length,
        what: `${EMERGENCY_WAITS[why].meaning}: ${EMERGENCY_WAITS[why].fix}`,
      })
}

/** `null` when nothing was called. */
async function makeCall(
  { ledger, directory, settings, runtime }: EmergencyLane,
  { candidate, reason }: DueCall,
  failures: number,
  signal: AbortSignal,
): Promise<EmergencyVerdict | null> {
  const { employee, operation } = candidate
  const { budget, microUsdPerCall: microUsd } = settings.rules
  const begun = await ledger.beginEmergencyCall(
    {
      employeeId: employee.employeeId,
      revision: employee.revision,
      operation: operation.id,
      reason,
      microUsd,
      budget,
      answerMs: settings.answerMs,
    },
    runtime.now(),
  )
  if (begun.kind !== 'begun') return null
  const reply = await withGrace(signal, ANSWER_GRACE_MS, runtime, (cut) =>
    directory.deactivate(begun.objectId, runtime.id(), cut),
  )
  const verdict = emergencyVerdict(reply, { now: runtime.now(), failures, settings })
  await ledger.endEmergencyCall(begun.call, verdict.answer, runtime.now())
  runtime.telemetry.count('rollcall.emergency.requests', 1, {
    status: statusLabel(reply),
  })
  if (verdict.answer.billed) runtime.telemetry.count('rollcall.emergency.cost_usd', usdOf(microUsd))
  if (verdict.answer.result === 'disabled')
    runtime.log.info('emergency.disabled', { operation: operation.id, reason })
  return verdict
}
