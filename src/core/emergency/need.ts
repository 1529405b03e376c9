import type { CallLimits } from '../ledger/port/submit.ts'
import { nextCallAt } from '../provision/pace.ts'
import type { EmergencyCandidate, EmergencyQuery, EmergencyStatus } from './ledger.ts'
import { EMERGENCY_REASON_NAMES, type EmergencyReason } from './reasons.ts'
import type { EmergencyRules } from './settings.ts'

/**
 * What keeps the provisioning job from taking deactivations, with the end of it as far as known.
 */
export interface LaneNeed {
  readonly obstacles: readonly Obstacle[]
  /**
   * The lane is not used: the ledger is older than the directory, or a person paused the job and
   * the configuration does not say that the lane may pass that.
   */
  readonly closed: boolean
}
interface Obstacle {
  readonly reason: Exclude<EmergencyReason, 'late'>
  /** Infinity when no end is known. */
  readonly until: number
}

type NeedRules = Pick<EmergencyRules, 'when' | 'patienceMs' | 'lateAfterMs'>

/** The code of a job that the service itself stopped; any other code may be a person's decision. */
const QUARANTINE = 'Quarantine'

export function laneNeed(
  { holds, bulk }: Pick<EmergencyStatus, 'holds' | 'bulk'>,
  limits: CallLimits,
  { when }: Pick<NeedRules, 'when'>,
): LaneNeed {
  const { now } = bulk
  const found: Obstacle[] = [{ reason: 'quota', until: nextCallAt(bulk, limits, true) }]
  let closed = false
  for (const { name, until, detail } of holds) {
    if (name === 'restored') closed = true
    if (until <= now) continue
    if (name === 'throttled') found.push({ reason: 'quota', until })
    if (name === 'full') found.push({ reason: 'full', until })
    if (name !== 'job') continue
    const reason = detail === QUARANTINE ? 'quarantine' : 'paused'
    found.push({ reason, until: Number.POSITIVE_INFINITY })
    closed ||= reason === 'paused' && !when.has('paused')
  }
  const order = ({ reason }: Obstacle): number => EMERGENCY_REASON_NAMES.indexOf(reason)
  const obstacles = found
    .filter(({ reason, until }) => until > now && when.has(reason))
    .sort((one, other) => order(one) - order(other))
  return { obstacles, closed }
}

/** Which candidates to read; `null` when no employee can need the lane. */
export function candidatesFor(
  { obstacles, closed }: LaneNeed,
  { when, lateAfterMs }: NeedRules,
  now: number,
): Pick<EmergencyQuery, 'plannedBy' | 'accepted'> | null {
  if (closed) return null
  if (obstacles.length > 0) return { plannedBy: now, accepted: obstacles.some(isStoppedJob) }
  return when.has('late') ? { plannedBy: now - lateAfterMs, accepted: false } : null
}

/** Why this deactivation takes the lane; `null` when it waits for its turn. */
export function reasonFor(
  { createdAt, accepted }: EmergencyCandidate['operation'],
  { obstacles, closed }: LaneNeed,
  { now, rules }: { readonly now: number; readonly rules: NeedRules },
): EmergencyReason | null {
  if (closed) return null
  const stopped = obstacles.find(isStoppedJob)
  if (stopped) return stopped.reason
  // The job processes what it accepted.
  if (accepted) return null
  const last = obstacles.find(({ until }) => until > createdAt + rules.patienceMs)
  if (last) return last.reason
  return rules.when.has('late') && now - createdAt >= rules.lateAfterMs ? 'late' : null
}

function isStoppedJob({ reason }: Obstacle): boolean {
  return reason === 'quarantine' || reason === 'paused'
}
