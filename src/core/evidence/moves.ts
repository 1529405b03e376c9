import { toProof } from '../leavers/summary.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { OperationState } from '../ledger/lifecycle.ts'
import { rowsOf } from '../ledger/pages.ts'
import type { Period } from '../ledger/port/leavers.ts'
import type { PastMove } from '../ledger/port/views/moves.ts'
import { isoOf, MAY_CHANGE, NUMBERED, PAGE, type RowKind } from './kind.ts'

/**
 * How a move stands. Completed: the account at another destination was enabled afterwards. Returned:
 * the former account was, because the move was taken back.
 */
export const MOVE_OUTCOMES = [
  'open',
  'disabled',
  'completed',
  'returned',
  'skipped',
  'failed',
  'unanswered',
  'withdrawn',
] as const
export type MoveOutcome = (typeof MOVE_OUTCOMES)[number]

/** A departure that was planned in the period, as the move stood at its end. */
export interface MoveRow {
  readonly section: 'moves'
  readonly id: string
  readonly employeeId: string
  /** The event because of which the employee moves; `null` when the ledger no longer has it. */
  readonly source: string | null
  readonly event: string | null
  readonly receivedAt: string | null
  readonly from: string
  /** `null` until an account is enabled, as are the moment and operation of it. */
  readonly to: string | null
  readonly plannedAt: string
  readonly outcome: MoveOutcome
  readonly disabledAt: string | null
  /** The operation that disables the account. */
  readonly disabledBy: string
  /** From the receipt of the event; the time before the effective date does not count. */
  readonly disabledMs: number | null
  readonly enabledAt: string | null
  readonly enabledBy: string | null
  readonly enabledMs: number | null
}

/** What an ended departure says of its move; one that has not ended says nothing yet. */
const BY_DEPARTURE: Readonly<Record<OperationState, MoveOutcome>> = {
  pending: 'open',
  batched: 'open',
  accepted: 'open',
  answered: 'open',
  escrowed: 'open',
  confirmed: 'disabled',
  unchanged: 'disabled',
  // The account may still be enabled.
  skipped: 'skipped',
  failed: 'failed',
  unanswered: 'unanswered',
  withdrawn: 'withdrawn',
}

export async function* moveRows(
  ledger: Pick<Ledger, 'listMovesIn'>,
  period: Period,
): AsyncGenerator<MoveRow> {
  const moves = rowsOf<PastMove>(async (next) => {
    const { moves: rows, next: following } = await ledger.listMovesIn({ ...period, next, limit: PAGE })
    return { rows, next: following }
  })
  for await (const one of moves) yield moveRow(one, period)
}

/** What ended after the period was open at its end. */
function moveRow(
  { id, employeeId, event, from, plannedAt, departure, arrival }: PastMove,
  period: Period,
): MoveRow {
  const left = endedIn(departure, period) ? BY_DEPARTURE[departure.state] : 'open'
  const isGone = left === 'disabled' || left === 'skipped'
  const arrived = isGone && arrival !== null && endedIn(arrival, period) ? arrival : null
  const disabledAt = left === 'disabled' ? departure.endedAt : null
  const enabledAt = arrived?.endedAt ?? null
  const since = (endedAt: number | null): number | null =>
    endedAt === null || event === null ? null : toProof({ endedAt, ...event }, event.receivedAt)
  return {
    section: 'moves',
    id: `move-${id}`,
    employeeId,
    source: event?.source ?? null,
    event: event?.id ?? null,
    receivedAt: isoOf(event?.receivedAt ?? null),
    from,
    to: arrived?.destination ?? null,
    plannedAt: isoOf(plannedAt),
    outcome: outcomeOf(left, from, arrived?.destination ?? null),
    disabledAt: isoOf(disabledAt),
    disabledBy: departure.operation,
    disabledMs: since(disabledAt),
    enabledAt: isoOf(enabledAt),
    enabledBy: arrived?.operation ?? null,
    enabledMs: since(enabledAt),
  }
}

function outcomeOf(left: MoveOutcome, from: string, to: string | null): MoveOutcome {
  if (to === null) return left
  return to === from ? 'returned' : 'completed'
}

const endedIn = ({ endedAt }: { readonly endedAt: number | null }, { to }: Period): boolean =>
  endedAt !== null && endedAt < to

const IS_LAST: ReadonlySet<MoveOutcome> = new Set(['completed', 'returned', 'withdrawn'])

export const MOVES: RowKind<MoveRow> = {
  ...NUMBERED,
  withoutGone: (reported, { event }) => {
    if (event !== null) return reported
    return { ...reported, source: null, event: null, receivedAt: null, disabledMs: null, enabledMs: null }
  },
  beforeItEnded: ({ outcome }, row) => {
    if (IS_LAST.has(outcome)) return row
    const left = { ...row, outcome, to: null, enabledAt: null, enabledBy: null, enabledMs: null }
    return MAY_CHANGE.has(outcome) ? { ...left, disabledAt: null, disabledMs: null } : left
  },
}
