import { DAY_MS } from '../runtime.ts'
import { type AlertState, isOpen, keyOf, type PresentAlert } from './alert.ts'

/** An alert is resolved when it has been absent for this long, … */
const CLEAR_MS = 30_000
/** … and for twice as long each time it comes back, up to this. */
const LONGEST_CLEAR_MS = 1_800_000
/** An alert that comes back within this time after it was resolved is flapping. */
const FLAP_MS = 3_600_000
/** How long a resolved alert is kept. */
const REMEMBERED_MS = DAY_MS

export interface Tracked {
  /** Open alerts, and those resolved within a day. */
  readonly states: readonly AlertState[]
  /** Those that this moment resolved. */
  readonly resolved: readonly AlertState[]
}

/**
 * The alerts after one look. What is present for the first time opens an alert; what has been
 * absent for long enough resolves it. An alert that comes and goes stays open: the more often it
 * came back, the longer it must be absent. Pure.
 */
export function track(before: readonly AlertState[], present: readonly PresentAlert[], now: number): Tracked {
  const known = new Map(before.map((state) => [keyOf(state), state]))
  const there = new Set(present.map(keyOf))
  const seen = present.map((alert) => seenAgain(known.get(keyOf(alert)) ?? null, alert, now))
  const gone = before.filter((state) => !there.has(keyOf(state))).map((state) => absent(state, now))
  return {
    states: [...seen, ...gone].filter((state) => !isForgotten(state, now)),
    resolved: gone.filter(({ resolvedAt }) => resolvedAt === now),
  }
}

function seenAgain(before: AlertState | null, alert: PresentAlert, now: number): AlertState {
  if (before === null)
    return {
      ...alert,
      episode: 1,
      openedAt: now,
      absentSince: null,
      resolvedAt: null,
      flaps: 0,
      logged: null,
      told: {},
    }
  if (isOpen(before)) {
    const flaps = before.absentSince === null ? before.flaps : before.flaps + 1
    return { ...before, ...alert, absentSince: null, flaps }
  }
  const soon = now - (before.resolvedAt ?? now) <= FLAP_MS
  return {
    ...before,
    ...alert,
    episode: before.episode + 1,
    openedAt: now,
    absentSince: null,
    resolvedAt: null,
    flaps: soon ? before.flaps + 1 : 0,
    logged: null,
  }
}

function absent(state: AlertState, now: number): AlertState {
  if (!isOpen(state)) return state
  const absentSince = state.absentSince ?? now
  return now - absentSince < clearMs(state.flaps)
    ? { ...state, absentSince }
    : { ...state, absentSince, resolvedAt: now }
}

/** How long an alert must be absent before it is resolved. */
export function clearMs(flaps: number): number {
  return Math.min(LONGEST_CLEAR_MS, CLEAR_MS * 2 ** Math.min(flaps, 16))
}

/** An alert is kept while a channel has not been sent its end because of quiet hours. */
function isForgotten(state: AlertState, now: number): boolean {
  if (state.resolvedAt === null || now - state.resolvedAt <= REMEMBERED_MS) return false
  return !Object.values(state.told).some(({ heldBack }) => heldBack)
}
