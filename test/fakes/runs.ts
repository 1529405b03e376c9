/**
 * What part of the cases of a property test a run tries. `RUNS=1` tries all of them, `RUNS=10` ten
 * times as many.
 */
const SHARE = Number(process.env['RUNS'] ?? 0.1)

/** `numRuns` of a property test. */
export function runs(count: number): number {
  return Math.ceil(count * SHARE)
}
