import type { BlockPeriod } from '../ledger/employee.ts'

export function isInForce({ since, until, begun = false }: BlockPeriod, now: number): boolean {
  return (begun || since <= now) && (until === null || until > Math.max(since, now))
}

/** When the block begins or ends next; `null` when no moment is known. */
export function nextChangeOf({ since, until, begun = false }: BlockPeriod, now: number): number | null {
  if (since > now && !begun) return until === null || until > since ? since : null
  return until !== null && until > Math.max(since, now) ? until : null
}

/** What is kept of the last decision to block or unblock an employee. */
export interface BlockMark extends BlockPeriod {
  /** When it was decided; what was decided before it changes nothing. */
  readonly decidedAt: number
}

/** A decision to block an employee, or to lift the block. */
export type BlockDecision =
  | {
      readonly kind: 'block'
      readonly since: number
      readonly until: number | null
      readonly decidedAt: number
    }
  | { readonly kind: 'unblock'; readonly at: number; readonly decidedAt: number }

/**
 * The block after a decision, whatever the order of arrival; `null` when it changes nothing. Of a
 * block and an unblock that were decided at one moment the block counts, and of two blocks the
 * later end. A block that has not ended when another one is decided goes on: a gap between them
 * counts as blocked.
 */
export function decideBlock(mark: BlockMark | null, decision: BlockDecision): BlockMark | null {
  const { decidedAt } = decision
  if (mark !== null && decidedAt < mark.decidedAt) return null
  const isTie = mark !== null && decidedAt === mark.decidedAt
  if (decision.kind === 'unblock') {
    if (mark === null) return { since: decision.at, until: decision.at, decidedAt }
    if (isTie) return null
    const until = mark.until === null ? decision.at : Math.min(mark.until, decision.at)
    return { since: mark.since, until, decidedAt }
  }
  const { since, until } = decision
  if (mark === null || !lastsBeyond(mark, Math.min(decidedAt, since))) return { since, until, decidedAt }
  return {
    since: Math.min(mark.since, since),
    until: isTie ? laterEnd(mark.until, until) : until,
    decidedAt,
  }
}

function lastsBeyond({ since, until }: BlockPeriod, at: number): boolean {
  return until === null || (until > since && until > at)
}

function laterEnd(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.max(one, other)
}
