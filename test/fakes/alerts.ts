import type { AlertState, PresentAlert } from '../../src/core/alerts/alert.ts'
import { notifiedAlert } from '../../src/core/alerts/look.ts'
import { messageOf, type NotificationMessage } from '../../src/core/alerts/message.ts'
import type { QueuedNotification } from '../../src/core/ledger/port/alerts.ts'
import type { AlertLimits } from '../../src/core/alerts/scene/scene.ts'
import type { NotificationRule } from '../../src/core/alerts/rules.ts'
import { type Depth, type Figures } from '../../src/core/ledger/port/figures.ts'
import { TOTALS } from '../../src/core/ledger/port/inspect.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

/** An alert as one look finds it. */
export const present = (more: Partial<PresentAlert> = {}): PresentAlert => ({
  code: 'deadletter.new',
  cause: 'InvalidValue',
  urgency: 'normal',
  count: 1,
  oldestAt: null,
  ...more,
})

/** An alert that was opened and that no channel was sent. */
export const opened = (openedAt: number, more: Partial<AlertState> = {}): AlertState => ({
  ...present(),
  episode: 1,
  openedAt,
  absentSince: null,
  resolvedAt: null,
  flaps: 0,
  logged: null,
  told: {},
  ...more,
})

/** A rule that tells the channel `ops` at once, of everything. */
export const rule = (more: Partial<NotificationRule> = {}): NotificationRule => ({
  channels: ['ops'],
  alerts: ['*'],
  urgency: null,
  afterMs: 0,
  repeatMs: null,
  resolved: true,
  names: false,
  quiet: null,
  ...more,
})

const NONE: Depth = { count: 0, oldestAt: null }

/** The figures of a ledger in which nothing waits and nothing is wrong. */
export const noFigures = (): Figures => ({
  totals: Object.fromEntries(TOTALS.map((name) => [name, 0])) as Figures['totals'],
  stages: { received: NONE, due: NONE, waiting: NONE, accepted: NONE, answered: NONE, unpublished: NONE },
  unanswered: NONE,
  incomplete: NONE,
  name: 'default',
  others: [],
  pending: NONE,
  waiting: NONE,
  accepted: NONE,
  job: null,
  jobReport: null,
  escrowed: NONE,
  holds: [],
  quota: { used: 0, oldestAt: null, lastAt: null },
  brake: { window: 0, held: 0, heldSince: null },
  leavers: { ...NONE, causes: [] },
  emergencyWaits: [],
  findings: [],
  deadLetters: [],
  busDeadLetters: null,
  blocks: 0,
  notAccepted: 0,
  watermark: null,
})

/** Limits as the defaults of the configuration give them. */
export const LIMITS: AlertLimits = {
  leaverMs: HOUR,
  stagesMs: {
    received: 15 * MINUTE,
    due: 15 * MINUTE,
    waiting: HOUR,
    accepted: 2 * HOUR,
    answered: HOUR,
    unpublished: 15 * MINUTE,
  },
  holdMs: 10 * MINUTE,
  logMs: 45 * MINUTE,
  callsPerDay: 2_000,
  quotaShare: 0.9,
  escrowShare: 0.8,
  channelMs: 10 * MINUTE,
  receiversMs: MINUTE,
  loopMs: 45_000,
}

/** A message about 4,000 dead letters, as a channel gets it. */
export function aMessage(more: Partial<QueuedNotification> = {}): NotificationMessage {
  const alert = notifiedAlert(opened(Date.UTC(2026, 10, 2, 8), { count: 4_000 }))
  const notification = {
    id: 'id-1',
    kind: 'opened',
    alerts: [alert],
    names: false,
    queuedAt: Date.UTC(2026, 10, 2, 8, 1),
  } as const
  return messageOf(
    { ...notification, ...more },
    { link: 'https://rollcall.example/', employees: more.names ? [['p1', 'p2']] : [] },
  )
}
