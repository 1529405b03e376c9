import { type InstanceView, missingLoops } from '../instances/state.ts'
import type { FindingCode } from '../findings/codes.ts'
import { LEAVER_CAUSES, type LeaverCause } from '../leavers/causes.ts'
import type { WaitingChannel } from '../ledger/port/alerts.ts'
import { type Figures, type Stage, STAGES } from '../ledger/port/figures.ts'
import { limitUsesIn, nearestLimit } from '../provision/quarantine.ts'
import { DAY_MS } from '../runtime.ts'
import type { PresentAlert } from './alert.ts'
import { type AlertCode, ALERTS, type Urgency } from './codes.ts'

/** From when on something is an alert. Durations are milliseconds. */
export interface AlertLimits {
  /** A leaver case that may close without action is an alert when it is open for longer. */
  readonly leaverMs: number
  /** Work that waits in a stage for longer. */
  readonly stagesMs: Readonly<Record<Stage, number>>
  /** A hold that may end without action is an alert when it lasts longer. */
  readonly holdMs: number
  /** The log is behind when it was read to no later than this long ago. */
  readonly logMs: number
  readonly callsPerDay: number
  /** The share of the calls of a day from which on they are nearly used up. */
  readonly quotaShare: number
  /** The share of a limit of quarantine from which on the job fails too often. */
  readonly escrowShare: number
  /** A channel to which every attempt failed for longer. */
  readonly channelMs: number
  /** Receivers that have been closed for longer. */
  readonly receiversMs: number
  /** A loop that has not run anywhere for longer. */
  readonly loopMs: number
}

/** Everything that alerts are made from, at one moment. */
export interface Scene {
  readonly now: number
  readonly figures: Figures
  readonly channels: readonly WaitingChannel[]
  /** Those that run, and those that ran lately. */
  readonly instances: readonly InstanceView[]
  /** Since when this process has no open receiver; `null` while it has, or needs none. */
  readonly receiversClosedSince: number | null
}

/** An instance that was lost longer ago no longer raises an alert. */
const LOST_MATTERS_MS = DAY_MS

/** Before the reason of dead letters on the bus, in the cause of their alert. */
export const ON_BUS = 'bus: '

/** What needs a person now. Pure. */
export function assess(scene: Scene, limits: AlertLimits): readonly PresentAlert[] {
  return [
    ...openLeavers(scene, limits),
    ...emergencyWaits(scene),
    ...brake(scene),
    ...holds(scene, limits),
    ...failingJob(scene, limits),
    ...deadLetters(scene),
    ...findings(scene),
    ...refusedRecords(scene),
    ...quota(scene, limits),
    ...stuckStages(scene, limits),
    ...logBehind(scene, limits),
    ...closedReceivers(scene, limits),
    ...loopsMissing(scene, limits),
    ...lostInstances(scene),
    ...channelsDown(scene, limits),
  ]
}

interface Counted {
  readonly cause?: string
  readonly count: number
  readonly oldestAt?: number | null
  readonly urgency?: Urgency
}

function alertOf(
  code: AlertCode,
  { cause = '', count, oldestAt = null, urgency = ALERTS[code].urgency }: Counted,
): PresentAlert {
  return { code, cause, urgency, count, oldestAt }
}

/** Cases that need no action: not due, held by the brake (an alert of its own), or disabled. */
const NO_ALERT: readonly LeaverCause[] = ['held', 'brake', 'confirmation-due']

function openLeavers({ figures, now }: Scene, { leaverMs }: AlertLimits): readonly PresentAlert[] {
  return figures.leavers.causes
    .filter(({ cause, oldestAt }) => {
      if (NO_ALERT.includes(cause)) return false
      return !LEAVER_CAUSES[cause].waits || now - (oldestAt ?? now) >= leaverMs
    })
    .map((one) => alertOf('leaver.open', one))
}

function emergencyWaits({ figures }: Scene): readonly PresentAlert[] {
  return figures.emergencyWaits.map(({ why: cause, count, oldestAt }) =>
    alertOf('emergency.waits', { cause, count, oldestAt }),
  )
}

function brake({ figures: { brake } }: Scene): readonly PresentAlert[] {
  return brake.held === 0 ? [] : [alertOf('brake.tripped', { count: brake.held, oldestAt: brake.heldSince })]
}

/** A restored ledger holds submission too; its finding says so. */
function holds({ figures, now }: Scene, { holdMs }: AlertLimits): readonly PresentAlert[] {
  return figures.holds.flatMap(({ name, since, detail }) => {
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
function failingJob({ figures }: Scene, { escrowShare }: AlertLimits): readonly PresentAlert[] {
  const { escrowed, holds } = figures
  const nearest = nearestLimit(limitUsesIn(figures))
  const isNear = nearest !== null && nearest.count >= nearest.at * escrowShare
  if (!isNear || holds.some(({ name }) => name === 'job')) return []
  return [alertOf('job.failing', { cause: nearest.limit, count: nearest.count, oldestAt: escrowed.oldestAt })]
}

/**
 * The last count of the bus counts, however old: an alert does not end because counting stopped.
 */
function deadLetters({ figures }: Scene): readonly PresentAlert[] {
  const onBus = (figures.busDeadLetters?.codes ?? []).map((one) => ({ ...one, code: `${ON_BUS}${one.code}` }))
  return [...figures.deadLetters, ...onBus]
    .filter(({ count }) => count > 0)
    .map(({ code: cause, count, oldestAt }) => alertOf('deadletter.new', { cause, count, oldestAt }))
}

/** While these are open, nothing is planned or sent, or a leaver can sign in. */
const URGENT_FINDINGS: ReadonlySet<FindingCode> = new Set(['LedgerOlderThanDirectory', 'LeaverStillEnabled'])

function findings({ figures }: Scene): readonly PresentAlert[] {
  return figures.findings.map(({ code: cause, count, oldestAt }) =>
    alertOf('finding.new', {
      cause,
      count,
      oldestAt,
      ...(URGENT_FINDINGS.has(cause) ? { urgency: 'urgent' } : {}),
    }),
  )
}

function refusedRecords({ figures: { notAccepted } }: Scene): readonly PresentAlert[] {
  return notAccepted === 0 ? [] : [alertOf('record.refused', { count: notAccepted })]
}

function quota({ figures }: Scene, { callsPerDay, quotaShare }: AlertLimits): readonly PresentAlert[] {
  const { used, oldestAt } = figures.quota
  if (!Number.isFinite(callsPerDay) || used < callsPerDay * quotaShare) return []
  const low = alertOf('quota.low', { cause: 'nearly used up', count: used, oldestAt })
  return used < callsPerDay
    ? [low]
    : [low, alertOf('quota.low', { cause: 'used up', count: used, oldestAt, urgency: 'urgent' })]
}

/** Operations that wait for a hold, or for quota, are what those alerts are about. */
function stuckStages({ figures, now }: Scene, limits: AlertLimits): readonly PresentAlert[] {
  const { stages, holds, quota } = figures
  const sends = holds.length === 0 && quota.used < limits.callsPerDay
  return STAGES.filter((stage) => stage !== 'waiting' || sends).flatMap((stage) => {
    const { count, oldestAt } = stages[stage]
    if (oldestAt === null || now - oldestAt < limits.stagesMs[stage]) return []
    return [alertOf('stage.stuck', { cause: stage, count, oldestAt })]
  })
}

/** Without an unanswered operation nothing is awaited from the log. */
function logBehind({ figures, now }: Scene, { logMs }: AlertLimits): readonly PresentAlert[] {
  const { unanswered, watermark } = figures
  const readUntil = watermark ?? unanswered.oldestAt
  if (unanswered.count === 0 || readUntil === null || now - readUntil < logMs) return []
  return [alertOf('log.behind', { count: 1, oldestAt: readUntil })]
}

function closedReceivers(
  { receiversClosedSince: since, now }: Scene,
  { receiversMs }: AlertLimits,
): readonly PresentAlert[] {
  if (since === null || now - since < receiversMs) return []
  return [alertOf('bus.unreachable', { count: 1, oldestAt: since })]
}

/** Loops that never ran on this ledger are not missed. */
function loopsMissing({ instances, now }: Scene, { loopMs }: AlertLimits): readonly PresentAlert[] {
  return missingLoops(instances).flatMap((loop) => {
    const ran = instances.filter(({ loops }) => loops.includes(loop))
    const since = Math.max(...ran.map(({ seenAt, endedAt }) => endedAt ?? seenAt))
    if (ran.length === 0 || now - since < loopMs) return []
    return [alertOf('loop.missing', { cause: loop, count: 1, oldestAt: since })]
  })
}

function lostInstances({ instances, now }: Scene): readonly PresentAlert[] {
  const lost = instances.filter(({ state, seenAt }) => state === 'lost' && now - seenAt < LOST_MATTERS_MS)
  return [...Map.groupBy(lost, ({ name }) => name)].map(([cause, all]) =>
    alertOf('instance.lost', {
      cause,
      count: all.length,
      oldestAt: Math.min(...all.map(({ seenAt }) => seenAt)),
    }),
  )
}

function channelsDown({ channels, now }: Scene, { channelMs }: AlertLimits): readonly PresentAlert[] {
  return channels.flatMap(({ channel, notifications, failingSince }) =>
    failingSince === null || now - failingSince < channelMs
      ? []
      : [alertOf('channel.down', { cause: channel, count: notifications, oldestAt: failingSince })],
  )
}
