import type { AlertCode, Urgency } from './codes.ts'

/**
 * Something that needs a person, as it is at one moment. It holds no value and no id of an
 * employee.
 */
export interface PresentAlert {
  readonly code: AlertCode
  /**
   * Distinguishes alerts with one code: the reason of dead letters, the cause of leaver cases, the
   * name of a stage. Empty where the code has only one. Of several destinations it begins with the
   * name of one.
   */
  readonly cause: string
  readonly urgency: Urgency
  readonly count: number
  /** Since when the oldest of what is counted waits; `null` when that is not known. */
  readonly oldestAt: number | null
}

/** An alert over time. `code` and `cause` identify it. */
export interface AlertState extends PresentAlert {
  /** How often it was opened; the first time is 1. */
  readonly episode: number
  /** When this episode began. */
  readonly openedAt: number
  /** Since when it has not been present; `null` while it is. */
  readonly absentSince: number | null
  /** When it was absent for long enough; `null` while it is open. */
  readonly resolvedAt: number | null
  /** How often it came back soon after it had gone. */
  readonly flaps: number
  /** The last log line about it. */
  readonly logged: { readonly at: number; readonly count: number } | null
  /** By channel. */
  readonly told: Readonly<Record<string, Told>>
}

/** What a channel has received about the present episode of an alert. */
export interface Told {
  readonly episode: number
  readonly knows: 'nothing' | 'open' | 'resolved'
  /** When the last notification was queued, and the count in it. */
  readonly at: number
  readonly count: number
  /** How many notifications were queued in this episode. */
  readonly messages: number
  /** Something was due in quiet hours, and waits for their end. */
  readonly heldBack: boolean
}

export const keyOf = ({ code, cause }: Pick<PresentAlert, 'code' | 'cause'>): string => `${code}\n${cause}`

export const isOpen = ({ resolvedAt }: Pick<AlertState, 'resolvedAt'>): boolean => resolvedAt === null
