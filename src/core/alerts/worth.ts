import type { AlertBook } from '../ledger/port/alerts.ts'
import { type AlertState, isOpen } from './alert.ts'
import { ALERT_CODES } from './codes.ts'

/**
 * A look for alerts that is older may be out of date. A running connector looks every few seconds,
 * and stores a look at least twice a minute.
 */
export const STALE_LOOK_MS = 120_000

/** The open ones, the worst first. */
export function openAlerts({ alerts }: Pick<AlertBook, 'alerts'>): readonly AlertState[] {
  return alerts.filter(isOpen).sort(byWorth)
}

/** Urgent ones first, then in the order of the table of codes. */
export function byWorth(one: AlertState, other: AlertState): number {
  const rank = ({ urgency, code }: AlertState): number =>
    (urgency === 'urgent' ? 0 : ALERT_CODES.length) + ALERT_CODES.indexOf(code)
  return rank(one) - rank(other) || one.openedAt - other.openedAt || (one.cause < other.cause ? -1 : 1)
}
