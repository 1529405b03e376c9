import type { Ledger } from '../../../ledger/ledger.ts'
import type { ReplayRun } from '../../../ledger/port/replays.ts'
import type { Runtime } from '../../../runtime.ts'

const LOOK_MS = 1_000

/**
 * Does `work` with a signal that aborts when an operator pauses the run, also from another process.
 * A ledger that does not answer pauses nothing.
 */
export async function untilPaused<T>(
  run: ReplayRun,
  {
    ledger,
    runtime,
  }: { readonly ledger: Pick<Ledger, 'listReplays'>; readonly runtime: Pick<Runtime, 'sleep'> },
  work: (paused: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const paused = new AbortController()
  const look = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await runtime.sleep(LOOK_MS, over.signal)
      if (over.signal.aborted) return
      const [now] = await ledger.listReplays({ id: run.id, limit: 1 }).catch(() => [])
      if (now && now.paused !== null) return paused.abort()
    }
  }
  const looking = look()
  try {
    return await work(paused.signal)
  } finally {
    over.abort()
    await looking
  }
}
