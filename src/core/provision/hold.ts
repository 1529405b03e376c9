/**
 * A lasting hold is stretched by this share of its age, because every attempt costs a call of the
 * day, …
 */
const STRETCH = 0.1
/** … but by no more than this, so that it ends soon after its cause. */
const LONGEST_STRETCH_MS = 600_000

/**
 * Until when an answer holds submission: as long as the answer asks (`until`), and longer the
 * longer the hold has lasted. `since` is when it began; `null` for a hold that begins now.
 */
export function stretchedUntil(until: number, since: number | null, now: number): number {
  const age = now - (since ?? now)
  return Math.max(until, now + Math.min(LONGEST_STRETCH_MS, Math.floor(age * STRETCH)))
}
