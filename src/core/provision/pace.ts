import type { CallLimits, SubmissionStatus } from '../ledger/port/submit.ts'
import { DAY_MS } from '../runtime.ts'

/**
 * The service counts calls in windows of this length (`CallLimits.windowMs`). The ledger keeps the
 * limit of a window where it reserves a call (`waitForLimits`); what is decided here is the pace of
 * the day.
 */
export const CALL_WINDOW_MS = 5_000

/** The calls of the last 24 hours. */
export interface Budget {
  readonly now: number
  /** Calls in the last 24 hours. */
  readonly used: number
  /**
   * When the oldest of them was made; `null` when there is none. Its place is free again 24 hours
   * later.
   */
  readonly oldestAt: number | null
  readonly lastAt: number | null
}

/**
 * Down to this share of the day's calls, calls are not spread: a change leaves within its window.
 */
const PLENTY = 0.5
/** From here on, calls are spread over the whole time until places are free again. */
const SCARCE = 0.25
/** A leaver never waits longer than this for a fuller batch, however scarce calls are. */
const LEAVER_WAITS_MS = 30_000

/** Calls of the day that are reserved for leavers: half a percent. */
export function reserveOf({ perDay }: Pick<CallLimits, 'perDay'>): number {
  return Number.isFinite(perDay) ? Math.floor(perDay * 0.005) : 0
}

/**
 * How long after the last call the next one should follow, in milliseconds; 0 while calls are
 * plentiful. As the budget shrinks, the remaining calls are spread over the time until the oldest
 * call's place is free again, so that changes still leave at the end of the day. Places that become
 * free are used at once.
 */
export function spacingMs(budget: Budget, limits: CallLimits): number {
  const { now, used, oldestAt, lastAt } = budget
  if (!Number.isFinite(limits.perDay) || oldestAt === null) return 0
  const left = limits.perDay - reserveOf(limits) - used
  const share = left / limits.perDay
  if (share >= PLENTY) return 0
  // From the last call, not from now: otherwise the distance would shrink during the wait.
  const untilBack = Math.max(0, oldestAt + DAY_MS - (lastAt ?? now))
  if (left <= 0) return untilBack
  const weight = share <= SCARCE ? 1 : (PLENTY - share) / (PLENTY - SCARCE)
  return (untilBack / left) * weight
}

/**
 * When the next call may be made, for a batch with or without a leaver. Never before the day has a
 * place for it, so that no operation is put into a batch that must wait. Outside a batch it can
 * still merge with newer events and is ordered by its lane.
 */
export function nextCallAt(budget: Budget, limits: CallLimits, leaver: boolean): number {
  const most = limits.perDay - (leaver ? 0 : reserveOf(limits))
  if (budget.oldestAt !== null && budget.used >= most) return budget.oldestAt + DAY_MS
  const spacing = spacingMs(budget, limits)
  if (budget.lastAt === null) return budget.now
  return budget.lastAt + (leaver ? Math.min(spacing, LEAVER_WAITS_MS) : spacing)
}

export interface Forecast {
  /** Calls that the backlog takes if batches are full. */
  readonly calls: number
  /** When the last of them is made; `null` without a backlog. */
  readonly doneAt: number | null
}

/**
 * When a backlog is finished if nothing is added to it. `times` are the moments of the calls of the
 * last 24 hours, oldest first. The forecast makes the calls one by one, by the rules above.
 */
export function forecast(
  backlog: number,
  perCall: number,
  times: readonly number[],
  limits: CallLimits,
  now: number,
): Forecast {
  const calls = Math.ceil(backlog / perCall)
  if (calls === 0) return { calls, doneAt: null }
  const made = [...times]
  let first = 0
  let at = now
  for (let call = 0; call < calls; call++) {
    for (;;) {
      while ((made[first] ?? Number.POSITIVE_INFINITY) <= at - DAY_MS) first++
      const oldestAt = made[first] ?? null
      const used = made.length - first
      if (used >= limits.perDay - reserveOf(limits) && oldestAt !== null) {
        at = oldestAt + DAY_MS
        continue
      }
      at = Math.max(at, nextCallAt({ now: at, used, oldestAt, lastAt: made.at(-1) ?? null }, limits, false))
      break
    }
    const inWindow = made[made.length - limits.perWindow]
    if (Number.isFinite(limits.perWindow) && inWindow !== undefined)
      at = Math.max(at, inWindow + limits.windowMs)
    made.push(at)
  }
  return { calls, doneAt: at }
}

/** When all that waits now is sent. It begins when the last hold ends. */
export function backlogForecast(
  {
    pending,
    unplanned,
    callTimes,
    holds,
  }: Pick<SubmissionStatus, 'pending' | 'unplanned' | 'callTimes' | 'holds'>,
  perCall: number,
  limits: CallLimits,
  now: number,
): Forecast {
  const from = Math.max(now, ...holds.map(({ until }) => until))
  return forecast(pending + unplanned, perCall, callTimes, limits, from)
}
