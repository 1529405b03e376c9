import { type AlertState, isOpen, type Told } from './alert.ts'
import type { Urgency } from './codes.ts'
import { isQuiet, type QuietHours } from './quiet-hours.ts'

/** Which alerts a channel receives, and when. Durations are milliseconds. */
export interface NotificationRule {
  readonly channels: readonly string[]
  /** Codes; `*` stands for any text. */
  readonly alerts: readonly string[]
  /** Only alerts of this urgency; `null`: any. */
  readonly urgency: Urgency | null
  /** An alert is notified when it has been open for this long. */
  readonly afterMs: number
  /** The notification is repeated while the alert is open; `null`: it is not. */
  readonly repeatMs: number | null
  /** Whether the end of an alert is notified too. */
  readonly resolved: boolean
  /** Whether the notification names employee ids. */
  readonly names: boolean
  /** `null`: at any time. Urgent alerts are notified at any time. */
  readonly quiet: QuietHours | null
}

/** A sign of life for a monitor that alerts when it stops coming. */
export interface Heartbeat {
  readonly channel: string
  readonly everyMs: number
}

/** `rules` in the order of the file: for each channel, the first one that fits an alert decides. */
export interface NotificationRules {
  readonly rules: readonly NotificationRule[]
  readonly heartbeats: readonly Heartbeat[]
}

export const NO_NOTIFICATIONS: NotificationRules = { rules: [], heartbeats: [] }

/**
 * `opened`: for the first time in this episode. `grown`: the count is ten times the one that
 * was sent last. `digest`: everything that quiet hours held back.
 */
export const NOTIFICATION_KINDS = [
  'opened',
  'grown',
  'repeated',
  'resolved',
  'digest',
  'heartbeat',
  'test',
] as const
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number]

/** A notification that is due. */
export interface NotificationDraft {
  readonly channel: string
  readonly kind: NotificationKind
  readonly alerts: readonly AlertState[]
  readonly names: boolean
  /**
   * Distinguishes notifications about the same alerts, and is the same if the draft is made again.
   */
  readonly about: string
  /** After this instant it need not be delivered any more. */
  readonly expiresAt: number | null
}

export interface Due {
  readonly drafts: readonly NotificationDraft[]
  /** The alerts, with what each channel has received. */
  readonly states: readonly AlertState[]
}

/** A count is worth another notification when it is this many times the last one sent, … */
const GROWTH = 10
/** … and at least this much. */
const GROWN_COUNT = 10

/** The notifications that are due for these alerts. Pure; `states` goes back in the next time. */
export function dueNotifications(
  states: readonly AlertState[],
  { rules }: Pick<NotificationRules, 'rules'>,
  now: number,
): Due {
  const drafts: NotificationDraft[] = []
  let after = states
  for (const channel of new Set(rules.flatMap(({ channels }) => channels))) {
    const due = dueFor(channel, after, rules, now)
    drafts.push(...due.drafts)
    after = due.states
  }
  return { drafts, states: after }
}

interface Step {
  readonly state: AlertState
  readonly rule: NotificationRule
  readonly told: Told
  /** What to send to the channel now; `null` for nothing. */
  readonly kind: Exclude<NotificationKind, 'digest' | 'heartbeat' | 'test'> | null
  readonly quiet: boolean
}

function dueFor(
  channel: string,
  states: readonly AlertState[],
  rules: readonly NotificationRule[],
  now: number,
): Due {
  const steps = states.map((state) => stepOf(channel, state, rules, now))
  const held = steps.filter((step): step is Step => step !== null && step.told.heldBack && !step.quiet)
  const news = held.filter(isNews)
  // What quiet hours held back comes as one message; a single open alert as it would by day.
  const digest = news.length > 1 || news.some(({ kind }) => kind === null) ? new Set(news) : new Set<Step>()
  const drafts = digest.size > 0 ? [digestOf(channel, news, now)] : []
  const after = states.map((state, index) => {
    const step = steps[index] ?? null
    if (step === null) return state
    if (step.quiet && step.kind !== null) return withTold(step, channel, { heldBack: true })
    if (step.quiet) return withTold(step, channel, {})
    if (step.kind === null && !digest.has(step)) return withTold(step, channel, { heldBack: false })
    if (!digest.has(step)) drafts.push(draftOf(channel, step))
    return withTold(step, channel, whatIsSaid(step, now))
  })
  return { drafts, states: after }
}

/** Whether something held back was not sent to the channel yet. */
function isNews({ kind, told, state }: Step): boolean {
  return kind !== null || (told.knows === 'nothing' && !isOpen(state))
}

function stepOf(
  channel: string,
  state: AlertState,
  rules: readonly NotificationRule[],
  now: number,
): Step | null {
  // A notification about a channel that is down cannot go to that channel.
  if (state.code === 'channel.down' && state.cause === channel) return null
  const rule = rules.find((one) => one.channels.includes(channel) && fits(one, state))
  if (rule === undefined) return null
  const told = inThisEpisode(state, state.told[channel], rule)
  const quiet = rule.quiet !== null && state.urgency !== 'urgent' && isQuiet(now, rule.quiet)
  return { state, rule, told, kind: kindOf(state, rule, told, now), quiet }
}

/**
 * In a new episode, nothing was sent to a channel yet. The exception is a channel for whose readers
 * the last episode is still open, because its end fell into quiet hours: it does not get the
 * beginning again.
 */
function inThisEpisode(state: AlertState, before: Told | undefined, rule: NotificationRule): Told {
  const { episode } = state
  if (before === undefined)
    return { episode, knows: 'nothing', at: 0, count: 0, messages: 0, heldBack: false }
  // Without notifications of ends, an alert counts as over for the channel when it is resolved.
  const over = before.knows === 'open' && !rule.resolved && (!isOpen(state) || before.episode !== episode)
  const knows = over ? 'resolved' : before.knows
  if (before.episode === episode) return { ...before, knows }
  return { ...before, episode, knows: knows === 'open' ? 'open' : 'nothing', messages: 0 }
}

function kindOf(state: AlertState, rule: NotificationRule, told: Told, now: number): Step['kind'] {
  if (!isOpen(state)) return told.knows === 'open' ? 'resolved' : null
  if (told.knows !== 'open') return now - state.openedAt >= rule.afterMs ? 'opened' : null
  if (state.count >= Math.max(GROWN_COUNT, told.count * GROWTH)) return 'grown'
  return rule.repeatMs !== null && now - told.at >= rule.repeatMs ? 'repeated' : null
}

/** Whether a rule is about an alert. */
function fits({ alerts, urgency }: NotificationRule, state: AlertState): boolean {
  return (urgency === null || urgency === state.urgency) && alerts.some((one) => matches(one, state.code))
}

/** `leaver.*` matches `leaver.open`. */
export function matches(pattern: string, code: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(code)
}

function whatIsSaid({ state, told }: Step, now: number): Partial<Told> {
  return {
    knows: isOpen(state) ? 'open' : 'resolved',
    at: now,
    count: state.count,
    messages: told.messages + 1,
    heldBack: false,
  }
}

function withTold({ state, told: before }: Step, channel: string, change: Partial<Told>): AlertState {
  return { ...state, told: { ...state.told, [channel]: { ...before, ...change } } }
}

function draftOf(channel: string, { state, rule, told, kind }: Step): NotificationDraft {
  return {
    channel,
    kind: kind ?? 'opened',
    alerts: [state],
    names: rule.names,
    about: `${state.code}\n${state.cause}\n${state.openedAt}\n${told.messages + 1}`,
    expiresAt: null,
  }
}

function digestOf(channel: string, steps: readonly Step[], now: number): NotificationDraft {
  return {
    channel,
    kind: 'digest',
    alerts: steps.map(({ state }) => state),
    // Each alert keeps to its own rule; one message cannot, so it names employees only if all may.
    names: steps.every(({ rule }) => rule.names),
    about: `digest\n${now}`,
    expiresAt: null,
  }
}

/** The heartbeats that are due. `sentAt` says when each channel got its last one. */
export function dueHeartbeats(
  { heartbeats }: Pick<NotificationRules, 'heartbeats'>,
  sentAt: Readonly<Record<string, number>>,
  open: readonly AlertState[],
  now: number,
): readonly NotificationDraft[] {
  return heartbeats.flatMap(({ channel, everyMs }) => {
    const last = sentAt[channel] ?? null
    // A clock that was ahead must not stop the heartbeats.
    if (last !== null && last <= now && now - last < everyMs) return []
    return [
      {
        channel,
        kind: 'heartbeat' as const,
        alerts: open,
        names: false,
        about: `heartbeat\n${now}`,
        expiresAt: now + everyMs,
      },
    ]
  })
}
