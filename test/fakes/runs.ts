/**
 * What part of the cases of a property test a run tries: `RUNS=1` tries all of them, `RUNS=10` ten
 * times as many. Without it, a run tries a tenth, and not more than 200, so that the gate stays
 * short.
 */
const SHARE = process.env['RUNS']
const MOST = 200

/** `numRuns` of a property test. */
export function runs(count: number): number {
  return SHARE === undefined ? Math.min(Math.ceil(count / 10), MOST) : Math.ceil(count * Number(SHARE))
}
