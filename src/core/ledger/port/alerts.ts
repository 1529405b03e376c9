import type { AlertState } from '../../alerts/alert.ts'
import type { AlertCode, Urgency } from '../../alerts/codes.ts'
import type { NotificationKind } from '../../alerts/rules.ts'

/** Alerts over time, and the outbox of the notifications about them. */
export interface AlertLedger {
  /** The alerts as the last look left them. Cheap. */
  readAlerts(): Promise<AlertBook>
  /**
   * Stores what a look found and queues its notifications, in one transaction. Returns false and
   * stores nothing when another instance stored a look since `revision`.
   */
  saveAlerts(look: AlertLook): Promise<boolean>
  /**
   * The oldest notification that a channel has not got; `null` when there is none, or its next
   * attempt is not due. No other caller gets it for `leaseMs`. A channel gets its notifications one
   * after the other, so one that fails holds up only its own channel. Ends those that expired.
   */
  claimNotification(query: NotificationQuery): Promise<QueuedNotification | null>
  /** Records the result of an attempt. */
  recordDelivery(seq: number, delivery: Delivery, now: number): Promise<void>
  /** Employee ids that an alert is about, the first `limit` of them. None for most codes. */
  listAlertEmployees(about: AlertName, limit: number): Promise<readonly string[]>
}

export interface AlertName {
  readonly code: AlertCode
  readonly cause: string
}

export interface AlertBook {
  /** Raised by each look that is stored. */
  readonly revision: number
  /** When the last look was stored; `null` before the first. */
  readonly lookedAt: number | null
  /** Open ones, and those resolved lately, in no order. */
  readonly alerts: readonly AlertState[]
  /** By channel: when its last heartbeat was queued. */
  readonly heartbeats: Readonly<Record<string, number>>
  /** Channels with notifications that wait. */
  readonly waiting: readonly WaitingChannel[]
}
export interface WaitingChannel {
  readonly channel: string
  readonly notifications: number
  readonly oldestAt: number
  /** When the first of the attempts failed that all failed since; `null` when none did. */
  readonly failingSince: number | null
  /** What the last attempt ended with: a status or the code of an error. */
  readonly code: string | null
}

export interface AlertLook {
  /** Of the book that it was made from. */
  readonly revision: number
  readonly now: number
  /** Those that changed. */
  readonly changed: readonly AlertState[]
  readonly forgotten: readonly AlertName[]
  readonly notifications: readonly NewNotification[]
}

/** What a notification says about one alert, as it was when it was queued. */
export interface NotifiedAlert extends AlertName {
  readonly urgency: Urgency
  readonly count: number
  readonly openedAt: number
  readonly oldestAt: number | null
  readonly resolvedAt: number | null
}
export interface NewNotification {
  /** The same if the same notification is queued again, which then changes nothing. */
  readonly id: string
  readonly channel: string
  readonly kind: NotificationKind
  /** Whether it is to name employee ids. */
  readonly names: boolean
  readonly alerts: readonly NotifiedAlert[]
  readonly expiresAt: number | null
}
export interface QueuedNotification extends NewNotification {
  readonly seq: number
  readonly queuedAt: number
  /** This one included. */
  readonly attempts: number
}
export interface NotificationQuery {
  readonly channel: string
  readonly now: number
  readonly leaseMs: number
}
export type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'again'; readonly notBefore: number; readonly code: string }
  | { readonly kind: 'given-up'; readonly code: string }
