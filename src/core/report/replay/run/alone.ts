import { whileLeased } from '../../../ledger/lease.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import type { ReplayRun } from '../../../ledger/port/replays.ts'
import type { Runtime } from '../../../runtime.ts'

export interface AloneContext {
  readonly ledger: Pick<Ledger, 'takeLease'>
  readonly settings: {
    readonly leaseMs: number
    /** How long another command is waited for; by default until its lease would have ended. */
    readonly patienceMs?: number
  }
  readonly runtime: Pick<Runtime, 'id' | 'now' | 'sleep'>
}

export interface WaitingView {
  /**
   * Another command carries this run out; if it was killed, this one continues when its lease ends.
   */
  waiting(leaseMs: number): void
}

const LOOK_AGAIN_MS = 250

/**
 * Does `work` while no other command carries out this run. A command that was killed keeps its
 * lease until it ends, so that is waited for. `null` when another command keeps renewing it, or
 * when `stop` aborts.
 */
export async function whileAlone<T>(
  run: ReplayRun,
  { ledger, runtime, settings: { leaseMs, patienceMs = 1.5 * leaseMs } }: AloneContext,
  { stop, view }: { readonly stop: AbortSignal; readonly view: WaitingView },
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const lease = { owner: runtime.id(), leaseMs }
  const until = runtime.now() + patienceMs
  for (let first = true; !stop.aborted; first = false) {
    const result = await whileLeased(`replay ${run.id}`, ledger, lease, runtime, work)
    if (result !== null || runtime.now() >= until) return result
    if (first) view.waiting(leaseMs)
    await runtime.sleep(LOOK_AGAIN_MS, stop)
  }
  return null
}
