import type { CallLimits } from '../ledger/port/submit.ts'
import { DAY_MS } from '../runtime.ts'

/** What the last 24 hours look like to whoever wants to make a call. */
export interface Budget {
  readonly now: number
  /** Calls in the last 24 hours. */
  readonly used: number
  /** When the oldest of them was made; `null` when there is none. Its place comes back 24 hours later. */
  readonly oldestAt: number | null
  readonly lastAt: number | null
}

/** Down to this share of the day's calls nothing is spread out: a change leaves within its window. */
const PLENTY = 0.5
/** From here on calls are spread over the whole time until places come back. */
const SCARCE = 0.25
/** A leaver never waits longer for company than this, however scarce calls are. */
const LEAVER_WAITS_MS = 30_000

/** Calls of the day that only leavers may use: half a percent. */
export function reserveOf({ perDay }: Pick<CallLimits, 'perDay'>): number {
  return Number.isFinite(perDay) ? Math.floor(perDay * 0.005) : 0
}

/**
 * How far from the last call the next one should be, in milliseconds. 0 while there is plenty. As the budget shrinks the calls that are left are spread over the
 * time until the oldest call's place comes back, so that the day ends with work done and not with silence. Places that come back are spent as
 * they come.
 */
export function spacingMs(budget: Budget, limits: CallLimits): number {
  const { now, used, oldestAt, lastAt } = budget
  if (!Number.isFinite(limits.perDay) || oldestAt === null) return 0
  const left = limits.perDay - reserveOf(limits) - used
  const share = left / limits.perDay
  if (share >= PLENTY) return 0
  // From the last call, not from now: otherwise the distance would shrink while it is waited out.
  const untilBack = Math.max(0, oldestAt + DAY_MS - (lastAt ?? now))
  if (left <= 0) return untilBack
  const weight = share <= SCARCE ? 1 : (PLENTY - share) / (PLENTY - SCARCE)
  return (untilBack / left) * weight
}

/**
 * When the next call may be made: for a batch with a leaver in it, or without. Never before there is a place for it in the day, so that nobody is
 * put into a batch that has to wait for one: what waits outside can still merge, and goes by its lane.
 */
export function nextCallAt(budget: Budget, limits: CallLimits, leaver: boolean): number {
  const most = limits.perDay - (leaver ? 0 : reserveOf(limits))
  if (budget.oldestAt !== null && budget.used >= most) return budget.oldestAt + DAY_MS
  const spacing = spacingMs(budget, limits)
  if (budget.lastAt === null) return budget.now
  return budget.lastAt + (leaver ? Math.min(spacing, LEAVER_WAITS_MS) : spacing)
}

export interface Forecast {
  /** Calls the backlog takes, full batches assumed. */
  readonly calls: number
  /** When the last of them will have been made; `null` when there is nothing to do. */
  readonly doneAt: number | null
}

/**
 * When a backlog will be through if nothing is added to it. `times` are the moments of the calls of the last 24 hours, oldest first;
 * the forecast makes the calls one by one by the rules above.
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
