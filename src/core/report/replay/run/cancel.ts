import type { Ledger } from '../../../ledger/ledger.ts'
import type { ReplayRun } from '../../../ledger/port/replays.ts'
import { type AloneContext, type WaitingView, whileAlone } from './alone.ts'
import { findRun, type RunDecision } from './run.ts'

export interface CancelContext extends AloneContext {
  readonly ledger: Pick<Ledger, 'takeLease' | 'listReplays' | 'cancelReplay'>
  readonly listenForStop: () => AbortSignal
}

export type CancelResult =
  /** Another command carries the run out. */
  | { readonly kind: 'busy' }
  /** `run` as it stands now; `cancelled` of its dead letters are not replayed. */
  | { readonly kind: 'cancelled'; readonly run: ReplayRun; readonly cancelled: number }

/**
 * Takes back what a run has not begun: those dead letters stay as they are. What was sent to the
 * bus before is not taken back, and a run with such parts stays open, because their originals are
 * still to be removed.
 */
export async function cancelRun(
  run: ReplayRun,
  decision: RunDecision,
  context: CancelContext,
  view: WaitingView,
): Promise<CancelResult> {
  const { ledger, runtime } = context
  const cancelled = await whileAlone(run, context, { stop: context.listenForStop(), view }, () =>
    ledger.cancelReplay({ run, ...decision }, runtime.now()),
  )
  if (cancelled === null) return { kind: 'busy' }
  return { kind: 'cancelled', run: (await findRun(ledger, run.id)) ?? run, cancelled }
}
