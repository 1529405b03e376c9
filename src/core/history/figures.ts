import type { Totals } from '../ledger/port/inspect.ts'

/** Running totals that are kept over time: events received, operations made, outcomes. */
export const COUNTED = ['events', 'operations', 'finished'] as const satisfies readonly (keyof Totals)[]
export type Counted = (typeof COUNTED)[number]

const MINUTE_MS = 60_000

/** Times to the first outcome are counted up to each of these, and above the last. */
export const WAIT_LIMITS_MS: readonly number[] = [
  1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1_440, 4_320, 10_080,
].map((minutes) => minutes * MINUTE_MS)

/**
 * The figure that counts outcomes within a limit and above the one before; `null`: above the last.
 */
export const waitFigure = (limitMs: number | null): string => `wait ${limitMs ?? 'longer'}`

export const WAIT_FIGURES: readonly string[] = [...WAIT_LIMITS_MS, null].map(waitFigure)

export function waitFigureOf(waitMs: number): string {
  return waitFigure(WAIT_LIMITS_MS.find((limit) => waitMs <= limit) ?? null)
}

/** Longer codes share a figure with those that begin alike. */
const LONGEST_CODE = 200

/** The figure of the dead letters with one code that wait in the ledger. */
export const deadFigure = (code: string): string => `dead ${code.slice(0, LONGEST_CODE)}`
