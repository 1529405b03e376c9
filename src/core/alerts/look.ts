import type { AlertBook, AlertLook, NewNotification, NotifiedAlert } from '../ledger/port/alerts.ts'
import type { JsonObject } from '../model.ts'
import { type AlertState, isOpen, keyOf, type PresentAlert } from './alert.ts'
import { ALERTS, cureIn } from './codes.ts'
import { dueHeartbeats, dueNotifications, type NotificationDraft, type NotificationRules } from './rules.ts'
import { track } from './track.ts'

/** While an alert grows, its log line is repeated with the increase, at most this often. */
const SUM_MS = 60_000

export interface LineOfLog {
  readonly level: 'warn' | 'info'
  readonly event: string
  readonly fields: JsonObject
}
export interface Look {
  readonly save: AlertLook
  /** What is logged once it is saved. */
  readonly lines: readonly LineOfLog[]
  /** Whether it changes anything. */
  readonly news: boolean
}

interface LookContext {
  readonly rules: NotificationRules
  readonly now: number
  digest(text: string): string
}

/** What one look at the alerts stores, says and queues. Pure. */
export function lookAt(
  book: Pick<AlertBook, 'revision' | 'alerts' | 'heartbeats'>,
  present: readonly PresentAlert[],
  { rules, now, digest }: LookContext,
): Look {
  const tracked = track(book.alerts, present, now)
  const logged = tracked.states.map((state) => linesOf(state, now))
  const due = dueNotifications(
    logged.map(({ state }) => state),
    rules,
    now,
  )
  const heartbeats = dueHeartbeats(rules, book.heartbeats, due.states.filter(isOpen), now)
  const before = new Map(book.alerts.map((state) => [keyOf(state), JSON.stringify(state)]))
  const changed = due.states.filter((state) => before.get(keyOf(state)) !== JSON.stringify(state))
  const kept = new Set(due.states.map(keyOf))
  const forgotten = book.alerts.filter((state) => !kept.has(keyOf(state)))
  const notifications = [...due.drafts, ...heartbeats].map((draft) => notificationOf(draft, digest))
  return {
    save: { revision: book.revision, now, changed, forgotten, notifications },
    lines: [
      ...logged.flatMap(({ lines }) => lines),
      ...tracked.resolved.map((state) => resolvedLine(state, now)),
    ],
    news: changed.length + forgotten.length + notifications.length > 0,
  }
}

/** A line when an alert opens, and then at most one a minute while it grows. */
function linesOf(
  state: AlertState,
  now: number,
): { readonly state: AlertState; readonly lines: readonly LineOfLog[] } {
  const { logged, count } = state
  if (state.absentSince !== null) return { state, lines: [] }
  if (logged === null)
    return { state: { ...state, logged: { at: now, count } }, lines: [openLine(state, {})] }
  if (count < logged.count) return { state: { ...state, logged: { ...logged, count } }, lines: [] }
  if (count === logged.count || now - logged.at < SUM_MS) return { state, lines: [] }
  return {
    state: { ...state, logged: { at: now, count } },
    lines: [openLine(state, { more: count - logged.count })],
  }
}

function openLine({ code, cause, count, oldestAt }: AlertState, more: JsonObject): LineOfLog {
  return {
    level: 'warn',
    event: code,
    fields: {
      ...(cause === '' ? {} : { cause }),
      count,
      ...more,
      ...(oldestAt === null ? {} : { oldest: new Date(oldestAt).toISOString() }),
      what: cureIn(ALERTS[code]),
    },
  }
}

function resolvedLine({ code, cause, openedAt }: AlertState, now: number): LineOfLog {
  return {
    level: 'info',
    event: 'alert.resolved',
    fields: {
      alert: code,
      ...(cause === '' ? {} : { cause }),
      openSeconds: Math.round((now - openedAt) / 1_000),
    },
  }
}

/** The id is made of what the notification says, so that it is the same when it is queued again. */
function notificationOf(draft: NotificationDraft, digest: LookContext['digest']): NewNotification {
  return {
    id: digest(`${draft.channel}\n${draft.about}`),
    channel: draft.channel,
    kind: draft.kind,
    names: draft.names,
    alerts: draft.alerts.map(notifiedAlert),
    expiresAt: draft.expiresAt,
  }
}

export function notifiedAlert(state: AlertState): NotifiedAlert {
  const { code, cause, urgency, count, openedAt, oldestAt, resolvedAt } = state
  return { code, cause, urgency, count, openedAt, oldestAt, resolvedAt }
}
