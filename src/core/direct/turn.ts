import { unreachable } from '../errors.ts'
import type { BatchAnswer, HoldName } from '../ledger/port/submit.ts'
import type { Wait } from './verdict.ts'

/** How one operation of a turn ended, as far as the turn must know. */
export type TurnResult =
  /** Answered, and recorded. `wrote`: the directory took a record. */
  | { readonly kind: 'answered'; readonly wrote: boolean }
  /** Refused with 403, and nothing shows that it is because of the account. */
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'again'; readonly wait: Wait }
  | { readonly kind: 'spent' }
  /** Not begun: it is decided anew with the next slot. */
  | { readonly kind: 'left' }
  /** Another instance has the batch. */
  | { readonly kind: 'lost' }

/** Whether other operations would meet the same. */
export function stopsTurn(result: TurnResult): boolean {
  return (
    result.kind === 'lost' ||
    result.kind === 'spent' ||
    (result.kind === 'again' && result.wait.kind === 'snooze')
  )
}

export interface TurnTimes {
  readonly accessMs: number
  /** Between two looks at a budget that is spent. */
  readonly budgetMs: number
}

/** What becomes of the batch after a turn, and a hold that does not follow from that. */
export interface TurnEnd {
  /** `null` when another instance has the batch. */
  readonly answer: BatchAnswer | null
  /** Submission is held until then, because a permission may be missing. */
  readonly accessUntil: number | null
}

/**
 * A batch whose operations are all answered is done. Otherwise the rest of it is taken again, by any
 * instance, after the longest of the waits; a wait that is for all holds the destination. Operations
 * that were refused with 403 wait longer than the hold lasts, so that others can show meanwhile
 * whether a permission is missing.
 */
export function endOfTurn(
  results: readonly TurnResult[],
  call: number,
  now: number,
  { accessMs, budgetMs }: TurnTimes,
): TurnEnd {
  if (results.some(({ kind }) => kind === 'lost')) return { answer: null, accessUntil: null }
  const open = results.flatMap((result) => (result.kind === 'answered' ? [] : [result]))
  if (open.length === 0)
    return { answer: { kind: 'accepted', call, acceptedAt: now, requestId: null }, accessUntil: null }
  const waits = open.map((result) => waitOf(result, now, budgetMs))
  const hold = waits.find((one) => one.hold !== null)?.hold ?? null
  const holding = hold === null ? waits : waits.filter((one) => one.hold === hold)
  const longest = holding.reduce((one, other) => (other.until > one.until ? other : one))
  const isForbidden = open.some(({ kind }) => kind === 'forbidden')
  return {
    answer: {
      kind: 'again',
      call,
      status: longest.status,
      notBefore: Math.max(longest.until, isForbidden ? now + 2 * accessMs : now),
      countsAsAttempt: waits.some(({ isAttempt }) => isAttempt),
      release: true,
      hold,
    },
    accessUntil: isForbidden && hold === null ? now + accessMs : null,
  }
}

interface TurnWait {
  readonly until: number
  readonly status: number | null
  readonly hold: HoldName | null
  readonly isAttempt: boolean
}

function waitOf(
  result: Exclude<TurnResult, { readonly kind: 'answered' }>,
  now: number,
  budgetMs: number,
): TurnWait {
  switch (result.kind) {
    case 'forbidden':
      return { until: now, status: 403, hold: null, isAttempt: true }
    case 'again': {
      const { wait } = result
      return wait.kind === 'snooze'
        ? { until: wait.until, status: wait.status, hold: wait.why, isAttempt: false }
        : { until: wait.at, status: wait.status, hold: null, isAttempt: true }
    }
    case 'spent':
      return { until: now + budgetMs, status: null, hold: 'budget', isAttempt: false }
    case 'left':
    case 'lost':
      return { until: now, status: null, hold: null, isAttempt: false }
    default:
      return unreachable(result)
  }
}
