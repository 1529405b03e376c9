import { missingLoops } from '../instances/state.ts'
import type { FindingCode } from '../findings/codes.ts'
import { LEAVER_CAUSES, type LeaverCause } from '../leavers/causes.ts'
import { STAGES } from '../ledger/port/figures.ts'
import { DAY_MS } from '../runtime.ts'
import type { PresentAlert } from './alert.ts'
import { alertOf, stuck } from './scene/alert-of.ts'
import { destinationAlerts } from './scene/destinations.ts'
import type { AlertLimits, Scene } from './scene/scene.ts'

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
    ...destinationAlerts(scene, limits),
    ...deadLetters(scene),
    ...findings(scene),
    ...refusedRecords(scene),
    ...stuckStages(scene, limits),
    ...closedReceivers(scene, limits),
    ...loopsMissing(scene, limits),
    ...lostInstances(scene),
    ...channelsDown(scene, limits),
  ]
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

/** Two of the stages are those of each destination. */
function stuckStages({ figures, now }: Scene, { stagesMs }: AlertLimits): readonly PresentAlert[] {
  return STAGES.filter((stage) => stage !== 'waiting' && stage !== 'accepted').flatMap((stage) =>
    stuck({ cause: stage, depth: figures.stages[stage] }, now - stagesMs[stage]),
  )
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
