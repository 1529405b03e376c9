import type { Ledger } from '../../../ledger/ledger.ts'
import type { ReplayRun } from '../../../ledger/port/replays.ts'
import type { RunDecision } from './run.ts'

/**
 * Asks whoever carries out a run to stop after the batch that is under way. False when it is paused
 * already.
 */
export async function pauseRun(
  ledger: Pick<Ledger, 'pauseReplay'>,
  run: ReplayRun,
  { actor, justification }: RunDecision,
  now: number,
): Promise<boolean> {
  if (run.paused !== null) return false
  await ledger.pauseReplay(run, actor, justification, now)
  return true
}
