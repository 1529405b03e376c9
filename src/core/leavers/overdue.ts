import type { LeaverCase } from '../ledger/port/leavers.ts'
import type { Assessment } from './assess.ts'

/**
 * Since when an open case is late; `null` while it only waits for its date. The time before the
 * effective date does not count. That of a refused message does: it needs a person before the date.
 */
export function lateSince(
  { openedAt, effectiveAt, refused }: Pick<LeaverCase, 'openedAt' | 'effectiveAt' | 'refused'>,
  { cause }: Pick<Extract<Assessment, { kind: 'open' }>, 'cause'>,
): number | null {
  if (cause === 'held') return null
  return refused ? openedAt : Math.max(openedAt, effectiveAt)
}
