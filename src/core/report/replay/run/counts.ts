import type { ReplayRun } from '../../../ledger/port/replays.ts'

/** How many dead letters are part of a run. */
export function totalOf({ counts }: ReplayRun): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** How many dead letters of a run are not replayed, gone or refused yet. */
export function leftOf({ counts }: ReplayRun): number {
  return counts.frozen + counts.sending + counts.sent
}
