import type { Ledger } from '../../../ledger/ledger.ts'
import type { ReplayRun } from '../../../ledger/port/replays.ts'
import type { CarryOutContext } from '../carry-out-context.ts'
import { carryOut, type ReplayEnding } from '../carry-out.ts'
import { untilPaused } from './paused.ts'
import { type AloneContext, type WaitingView, whileAlone } from './alone.ts'

export interface RunContext extends CarryOutContext {
  readonly ledger: CarryOutContext['ledger'] & Pick<Ledger, 'takeLease' | 'listReplays' | 'resumeReplay'>
  readonly settings: CarryOutContext['settings'] & AloneContext['settings']
  readonly runtime: CarryOutContext['runtime'] & AloneContext['runtime']
  /** Called once when a run begins: from then on a request to stop pauses it. */
  readonly listenForStop: () => AbortSignal
}

/** Shows how a run goes on. */
export interface RunView extends WaitingView {
  resuming(run: ReplayRun): void
  /** `settled`: parts of the run that this command has brought to their end so far. */
  progress(run: ReplayRun, settled: number): void
}

export type RunResult =
  /** Another command carries the run out, or this one was stopped while it waited for that. */
  | { readonly kind: 'not-started'; readonly stopped: boolean }
  | {
      readonly kind: 'ended'
      readonly ending: ReplayEnding
      /** As it stands now. */
      readonly run: ReplayRun
      readonly settled: number
      readonly ms: number
    }

/** Carries out a run while no other command does, and reports how it ended. */
export async function carryOutAlone(
  run: ReplayRun,
  context: RunContext,
  view: RunView,
  onBegin: () => Promise<void> = async () => {},
): Promise<RunResult> {
  const { ledger, runtime } = context
  const stop = context.listenForStop()
  const startedAt = runtime.now()
  let settled = 0
  const ending = await whileAlone(run, context, { stop, view }, async (lost) => {
    await onBegin()
    return untilPaused(run, context, (paused) =>
      carryOut(run, context, AbortSignal.any([stop, lost, paused]), (count) => {
        settled = count
        view.progress(run, count)
      }),
    )
  })
  if (ending === null) return { kind: 'not-started', stopped: stop.aborted }
  const ms = runtime.now() - startedAt
  return { kind: 'ended', ending, run: (await findRun(ledger, run.id)) ?? run, settled, ms }
}

/** Who takes a decision about a run, and why. */
export interface RunDecision {
  readonly actor: string
  readonly justification: string
}

/** Continues a run that was interrupted, where it stopped. */
export function resumeRun(
  run: ReplayRun,
  { actor, justification }: RunDecision,
  context: RunContext,
  view: RunView,
): Promise<RunResult> {
  view.resuming(run)
  return carryOutAlone(run, context, view, () =>
    context.ledger.resumeReplay(run, actor, justification, context.runtime.now()),
  )
}

/** The run with this number; `null` when there is none. */
export async function findRun(ledger: Pick<Ledger, 'listReplays'>, id: number): Promise<ReplayRun | null> {
  const [run] = await ledger.listReplays({ id, limit: 1 })
  return run ?? null
}
