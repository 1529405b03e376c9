import type { HistoryPoint } from '../ledger/port/views/history.ts'
import { WAIT_FIGURES, WAIT_LIMITS_MS } from './figures.ts'

/** The spans that a chart can show, and its steps. */
export const SPANS = {
  hour: { spanMs: 3_600_000, stepMs: 300_000 },
  day: { spanMs: 86_400_000, stepMs: 3_600_000 },
  week: { spanMs: 7 * 86_400_000, stepMs: 6 * 3_600_000 },
} as const
export type Span = keyof typeof SPANS

/** The beginnings of the steps of a span that ends now, the oldest first. */
export function stepsOf(span: Span, now: number): readonly number[] {
  const { spanMs, stepMs } = SPANS[span]
  const last = now - (now % stepMs)
  const count = spanMs / stepMs
  return Array.from({ length: count }, (_, index) => last - (count - 1 - index) * stepMs)
}

/** What the oldest step is compared with. */
export const sinceOf = (span: Span, now: number): number =>
  (stepsOf(span, now)[0] ?? now) - SPANS[span].stepMs

/**
 * How much a running total grew in each step; `null` where that is not known, because nothing was
 * kept before. A total that shrank, as in a restored ledger, did not grow.
 */
export function growthOf(
  points: readonly HistoryPoint[],
  figure: string,
  steps: readonly number[],
): readonly (number | null)[] {
  const values = new Map(points.filter((one) => one.figure === figure).map(({ at, value }) => [at, value]))
  const before = [...values].filter(([at]) => at < (steps[0] ?? 0)).map(([, value]) => value)
  let last = before.at(-1) ?? null
  return steps.map((step) => {
    const value = values.get(step)
    if (value === undefined) return last === null ? null : 0
    const grown = last === null ? null : Math.max(0, value - last)
    last = value
    return grown
  })
}

export const sumOf = (values: readonly (number | null)[]): number =>
  values.reduce<number>((sum, value) => sum + (value ?? 0), 0)

/** A limit within which a share of the outcomes came; `null`: later than the last limit. */
export interface Waits {
  readonly outcomes: number
  readonly halfMs: number | null
  readonly mostMs: number | null
}

/** How long outcomes took within these steps. Each limit is true of at least that share of them. */
export function waitsOf(points: readonly HistoryPoint[], steps: readonly number[]): Waits {
  const counts = WAIT_FIGURES.map((figure) => sumOf(growthOf(points, figure, steps)))
  const outcomes = counts.reduce((sum, count) => sum + count, 0)
  const within = (share: number): number | null => {
    if (outcomes === 0) return null
    let sum = 0
    const index = counts.findIndex((count) => (sum += count) >= share * outcomes)
    return WAIT_LIMITS_MS[index] ?? null
  }
  return { outcomes, halfMs: within(0.5), mostMs: within(0.95) }
}

/**
 * A value at each step: 0 where only other figures were kept, and `null` where none was.
 */
export function levelsOf(
  points: readonly HistoryPoint[],
  { figure, always }: { readonly figure: string; readonly always: string },
  steps: readonly number[],
): readonly (number | null)[] {
  const at = (name: string): ReadonlyMap<number, number> =>
    new Map(points.filter((one) => one.figure === name).map((one) => [one.at, one.value]))
  const [own, kept] = [at(figure), at(always)]
  return steps.map((step) => own.get(step) ?? (kept.has(step) ? 0 : null))
}
