/** One place of a run: just before the nth time that an effect is had, or just after. */
export interface Point {
  readonly effect: string
  readonly nth: number
  readonly side: 'before' | 'after'
}
/** How often each effect was had. */
export type Counts = Readonly<Record<string, number>>

/** These tell a process where to die, and where to leave its counts. */
export const DIE_AT = 'CRASH_DIE_AT'
export const COUNTS_FILE = 'CRASH_COUNTS_FILE'

export const textOf = ({ effect, nth, side }: Point): string => `${side} ${effect} #${nth}`

/** `null` when there is none. */
export function pointOf(text: string): Point | null {
  const [, side, effect, nth] = /^(before|after) (\S+) #(\d+)$/.exec(text) ?? []
  if ((side !== 'before' && side !== 'after') || effect === undefined) return null
  return { effect, nth: Number(nth), side }
}

/** The first `most` times of each effect, before and after. */
export function pointsOf(counts: Counts, most: number): readonly Point[] {
  return Object.keys(counts)
    .toSorted()
    .flatMap((effect) =>
      Array.from({ length: Math.min(counts[effect] ?? 0, most) }, (_, index) => index + 1).flatMap((nth) => [
        { effect, nth, side: 'before' as const },
        { effect, nth, side: 'after' as const },
      ]),
    )
}

/** So many of the points, in an order by chance. */
export function somePoints(points: readonly Point[], count: number, random: () => number): readonly Point[] {
  return points
    .map((point) => ({ point, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ point }) => point)
}
