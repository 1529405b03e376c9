import type { Ledger } from '../../../ledger/ledger.ts'
import type { ReplayRun } from '../../../ledger/port/replays.ts'
import type { RunDecision } from './run.ts'

/**
 * Asks the process that carries out a run to stop after the batch that is under way. Returns the
 * earlier pause; `null` when there was none.
 */
export async function pauseRun(
  ledger: Pick<Ledger, 'pauseReplay'>,
  run: ReplayRun,
  { actor, justification }: RunDecision,
  now: number,
): Promise<ReplayRun['paused']> {
  if (run.paused === null) await ledger.pauseReplay(run, actor, justification, now)
  return run.paused
}
