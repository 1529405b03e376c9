import type { Notification } from '../contracts/notification.ts'
import type { NotifiedAlert, QueuedNotification } from '../ledger/port/alerts.ts'
import type { JsonObject } from '../model.ts'
import { ALERTS, type Urgency } from './codes.ts'
import { type AlertText, describeAlert } from './describe.ts'
import type { NotificationKind } from './rules.ts'

/** One alert of a message. */
export interface AlertPart extends NotifiedAlert, AlertText {
  /** One line: the count, of what, and the cause. */
  readonly summary: string
  /** Ids of some of its employees; `null` when the rule does not ask for names. */
  readonly employees: readonly string[] | null
}

/** A notification in words, which each channel writes in its own form. */
export interface NotificationMessage {
  /** The same each time it is sent, so that a receiver can drop a repetition. */
  readonly id: string
  readonly kind: NotificationKind
  /** When it was queued. */
  readonly at: number
  readonly urgency: Urgency
  readonly title: string
  readonly alerts: readonly AlertPart[]
  /** Address of the console; `null` without one. */
  readonly link: string | null
}

interface MessageContext {
  readonly link: string | null
  /** Employee ids of each alert, in their order; empty without names. */
  readonly employees: readonly (readonly string[])[]
}

/** The message of a notification. */
export function messageOf(
  notification: Pick<QueuedNotification, 'id' | 'kind' | 'alerts' | 'names' | 'queuedAt'>,
  { link, employees }: MessageContext,
): NotificationMessage {
  const alerts = notification.alerts.map((alert, index): AlertPart => ({
    ...alert,
    ...describeAlert(alert),
    summary: summaryOf(alert),
    employees: notification.names ? (employees[index] ?? []) : null,
  }))
  return {
    id: notification.id,
    kind: notification.kind,
    at: notification.queuedAt,
    urgency: alerts.some((alert) => alert.resolvedAt === null && alert.urgency === 'urgent')
      ? 'urgent'
      : 'normal',
    title: titleOf(notification.kind, alerts),
    alerts,
    link,
  }
}

function summaryOf({ code, cause, count }: NotifiedAlert): string {
  const about = cause === '' ? '' : `: ${cause}`
  return `${counted(count, ALERTS[code].counts)}${about} (${code})`
}

const counted = (count: number, [one, several]: readonly [string, string]): string =>
  `${count} ${count === 1 ? one : several}`

function titleOf(kind: NotificationKind, alerts: readonly AlertPart[]): string {
  const [first] = alerts
  const open = alerts.filter(({ resolvedAt }) => resolvedAt === null).length
  const stillOpen = counted(open, ['alert is', 'alerts are'])
  switch (kind) {
    case 'heartbeat':
      return `Rollcall runs, ${stillOpen} open`
    case 'test':
      return 'Rollcall: a test of this channel'
    case 'digest':
      return `Rollcall: ${counted(alerts.length, ['alert', 'alerts'])} in quiet hours, ${stillOpen} open`
    case 'opened':
      return `Rollcall: ${first?.summary ?? ''}`
    case 'grown':
      return `Rollcall: now ${first?.summary ?? ''}`
    case 'repeated':
      return `Rollcall: still ${first?.summary ?? ''}`
    case 'resolved':
      return `Rollcall: resolved: ${first?.summary ?? ''}`
  }
}

/** Label and value of each fact about an alert. */
export function factsOf(alert: AlertPart): readonly Line[] {
  const { count, openedAt, oldestAt, resolvedAt, employees } = alert
  return [
    ['Count', String(count)],
    ['Open since', readable(openedAt)],
    ...(oldestAt === null ? [] : [['Oldest since', readable(oldestAt)] as const]),
    ...(resolvedAt === null ? [] : [['Resolved', readable(resolvedAt)] as const]),
    ...(employees === null || employees.length === 0 ? [] : [['Employees', employees.join(', ')] as const]),
  ]
}
type Line = readonly [label: string, value: string]

/** What to do about an alert, step by step; nothing once it is resolved. */
export function stepsOf({ resolvedAt, command, next }: AlertPart): readonly Line[] {
  if (resolvedAt !== null) return []
  return [['Run', command], ...(next === null ? [] : [['Then', next] as const])]
}

export const lineOf = ([label, value]: Line): string => `${label}: ${value}`

/** `null` for an alert that is alone in its message, because the title says the same. */
export const headingOf = ({ alerts }: NotificationMessage, alert: AlertPart): string | null =>
  alerts.length === 1 ? null : alert.summary

/** The message as plain text, for mail and as a fallback. */
export function plainText(message: NotificationMessage): string {
  const parts = message.alerts.map((alert) => {
    const heading = headingOf(message, alert)
    return [
      ...(heading === null ? [] : [heading]),
      alert.what,
      ...(alert.meaning === null ? [] : [alert.meaning]),
      ...factsOf(alert).map(lineOf),
      ...stepsOf(alert).map(lineOf),
    ].join('\n')
  })
  return [message.title, ...parts, ...(message.link === null ? [] : [message.link])].join('\n\n')
}

/**
 * The message as a CloudEvent
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md).
 */
export function cloudEventOf(message: NotificationMessage): JsonObject {
  const { id, kind, at, urgency, title, alerts, link } = message
  const [first] = alerts
  return {
    specversion: '1.0',
    id,
    source: '/rollcall',
    type: typeOf(kind),
    ...(first === undefined || alerts.length > 1 ? {} : { subject: `${first.code}/${first.cause}` }),
    time: isoOf(at),
    datacontenttype: 'application/json',
    data: {
      kind,
      urgency,
      title,
      link,
      alerts: alerts.map((alert) => ({
        code: alert.code,
        cause: alert.cause === '' ? null : alert.cause,
        urgency: alert.urgency,
        count: alert.count,
        openedAt: isoOf(alert.openedAt),
        oldestAt: alert.oldestAt === null ? null : isoOf(alert.oldestAt),
        resolvedAt: alert.resolvedAt === null ? null : isoOf(alert.resolvedAt),
        what: alert.what,
        meaning: alert.meaning,
        command: alert.command,
        cure: alert.cure,
        ...(alert.employees === null ? {} : { employees: [...alert.employees] }),
      })),
    },
  } satisfies Notification
}

export function typeOf(kind: NotificationKind): string {
  return kind === 'heartbeat' || kind === 'test' ? `rollcall.${kind}` : `rollcall.alert.${kind}`
}

/** `2026-11-02 08:00:00 UTC`, for readers. */
const readable = (at: number): string => `${isoOf(at).slice(0, 19).replace('T', ' ')} UTC`

const isoOf = (at: number): string => new Date(at).toISOString()
