import { eachDestination } from '../../destinations/figures.ts'
import type { Depth, DestinationFigures } from '../../ledger/port/figures.ts'
import { limitUsesIn, nearestLimit } from '../../provision/quarantine.ts'
import type { PresentAlert } from '../alert.ts'
import { alertOf, stuck } from './alert-of.ts'
import type { AlertLimits, Scene } from './scene.ts'

/** What one destination is judged by. */
interface View {
  readonly now: number
  readonly one: DestinationFigures
  readonly limits: AlertLimits
  readonly callsPerDay: number
  /** What the log has still to say. */
  readonly unanswered: Depth
}

/**
 * Alerts about the job, the holds, the quota and the log of each destination. Where there are
 * several, the cause of each begins with its name: the trouble of one hides that of no other.
 */
export function destinationAlerts({ figures, now }: Scene, limits: AlertLimits): readonly PresentAlert[] {
  const viewOf = (one: DestinationFigures, unanswered: Depth): View => {
    const callsPerDay = limits.callsPerDayAt?.[one.name] ?? limits.callsPerDay
    return { now, one, limits, callsPerDay, unanswered }
  }
  const all = eachDestination(figures)
  if (all.length === 1) return alertsOf(viewOf(figures, figures.unanswered))
  return all.flatMap((one) => alertsOf(viewOf(one, one.accepted)).map((alert) => named(one.name, alert)))
}

function alertsOf(view: View): readonly PresentAlert[] {
  return [...holds(view), ...failingJob(view), ...quota(view), ...stuckStages(view), ...logBehind(view)]
}

const BETWEEN = ': '

function named(destination: string, alert: PresentAlert): PresentAlert {
  return { ...alert, cause: alert.cause === '' ? destination : `${destination}${BETWEEN}${alert.cause}` }
}

/** The last part of a cause: what it says of its destination. */
export function withoutDestination(cause: string): string {
  return cause.split(BETWEEN).at(-1) ?? cause
}

/** A restored ledger holds submission too; its finding says so. */
function holds({ one, now, limits: { holdMs } }: View): readonly PresentAlert[] {
  return one.holds.flatMap(({ name, since, detail }) => {
    switch (name) {
      case 'job':
        return [alertOf('job.stopped', { cause: detail ?? '', count: 1, oldestAt: since })]
      case 'access':
      case 'budget':
        return [alertOf('submission.held', { cause: name, count: 1, oldestAt: since })]
      case 'throttled':
      case 'full':
      case 'circuit':
        return now - since < holdMs
          ? []
          : [alertOf('submission.held', { cause: name, count: 1, oldestAt: since })]
      case 'restored':
        return []
    }
  })
}

/** While the job is stopped, that is the alert: nothing more fails. */
function failingJob({ one, limits: { escrowShare } }: View): readonly PresentAlert[] {
  const { escrowed, holds } = one
  const nearest = nearestLimit(limitUsesIn(one))
  const isNear = nearest !== null && nearest.count >= nearest.at * escrowShare
  if (!isNear || holds.some(({ name }) => name === 'job')) return []
  return [alertOf('job.failing', { cause: nearest.limit, count: nearest.count, oldestAt: escrowed.oldestAt })]
}

function quota({ one, callsPerDay, limits: { quotaShare } }: View): readonly PresentAlert[] {
  const { used, oldestAt } = one.quota
  if (!Number.isFinite(callsPerDay) || used < callsPerDay * quotaShare) return []
  const low = alertOf('quota.low', { cause: 'nearly used up', count: used, oldestAt })
  return used < callsPerDay
    ? [low]
    : [low, alertOf('quota.low', { cause: 'used up', count: used, oldestAt, urgency: 'urgent' })]
}

/** Operations that wait for a hold, or for quota, are what those alerts are about. */
function stuckStages({ one, now, callsPerDay, limits: { stagesMs } }: View): readonly PresentAlert[] {
  const sends = one.holds.length === 0 && one.quota.used < callsPerDay
  return [
    ...(sends ? stuck({ cause: 'waiting', depth: one.waiting }, now - stagesMs.waiting) : []),
    ...stuck({ cause: 'accepted', depth: one.accepted }, now - stagesMs.accepted),
  ]
}

/** Without an unanswered operation nothing is awaited from the log. */
function logBehind({ one, now, unanswered, limits: { logMs } }: View): readonly PresentAlert[] {
  const readUntil = one.watermark ?? unanswered.oldestAt
  if (unanswered.count === 0 || readUntil === null || now - readUntil < logMs) return []
  return [alertOf('log.behind', { count: 1, oldestAt: readUntil })]
}
