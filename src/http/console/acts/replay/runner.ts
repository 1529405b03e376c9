import { describeError, type Logger, type Runtime } from '../../../../core/runtime.ts'
import { whileLeased } from '../../../../core/ledger/lease.ts'
import type { Ledger } from '../../../../core/ledger/ledger.ts'
import type { ReplayRun } from '../../../../core/ledger/port/replays.ts'
import { RollcallError } from '../../../../core/errors.ts'
import {
  carryOutAlone,
  resumeRun,
  type RunContext,
  type RunDecision,
  type RunResult,
  type RunView,
} from '../../../../core/report/replay/run/run.ts'

/** One replay of the consoles of a ledger at a time. */
const LEASE = 'console replay'
/** Failures that are remembered. */
const MOST_FAILURES = 50

/** A run to carry out. */
export interface Order {
  readonly ledger: Pick<Ledger, 'takeLease'>
  /** Freezes the run, or finds the one to go on with. */
  readonly begin: () => Promise<ReplayRun>
  /** Who goes on with it, and why; `null` for a new run. */
  readonly resumed: RunDecision | null
  /** Opens what it needs; `stack` closes it. */
  readonly open: (stack: AsyncDisposableStack) => Promise<Omit<RunContext, 'listenForStop'>>
}

/** Carries out runs of replay in this process, behind the pages. */
export interface ReplayRunner {
  /**
   * Begins a run and returns it. The run goes on whether or not its page is open. `null` when a
   * console of this ledger carries out another one.
   */
  start(order: Order): Promise<ReplayRun | null>
  isRunning(run: number): boolean
  /** Why a run stopped before its end here; `null` when it did not. */
  failureOf(run: number): string | null
  /** Pauses what runs after the batch that is under way. It can be resumed anywhere. */
  close(): Promise<void>
}

export interface RunnerContext {
  readonly runtime: Pick<Runtime, 'id' | 'now' | 'sleep'>
  readonly leaseMs: number
  readonly log: Pick<Logger, 'info' | 'error'>
}

export function replayRunner({ runtime, leaseMs, log }: RunnerContext): ReplayRunner {
  const stopping = new AbortController()
  const failures = new Map<number, string>()
  let working: Promise<void> | null = null
  let running: number | null = null

  const note = (run: number, failure: string): void => {
    failures.set(run, failure)
    const [oldest] = failures.keys()
    if (failures.size > MOST_FAILURES && oldest !== undefined) failures.delete(oldest)
  }

  const goOn = async (run: ReplayRun, order: Order, signal: AbortSignal): Promise<void> => {
    try {
      const result = await carryOut(run, order, signal)
      const ending = result.kind === 'ended' ? result.ending : 'not-started'
      log.info('replay.ended', { run: run.id, ending })
      const failure = failureIn(result)
      if (failure !== null) note(run.id, failure)
    } catch (error) {
      log.error('replay.stopped', { ...describeError(error), run: run.id })
      note(run.id, error instanceof RollcallError ? error.message : 'it failed; see the log of the process')
    }
  }

  const work = async (order: Order, begun: (run: ReplayRun | null) => void): Promise<void> => {
    const lease = { owner: runtime.id(), leaseMs }
    const got = await whileLeased(LEASE, order.ledger, lease, runtime, async (lost) => {
      const run = await order.begin()
      failures.delete(run.id)
      running = run.id
      begun(run)
      await goOn(run, order, AbortSignal.any([lost, stopping.signal]))
      return true
    })
    if (got === null) begun(null)
  }

  return {
    start: async (order) => {
      if (working !== null || stopping.signal.aborted) return null
      const begun = Promise.withResolvers<ReplayRun | null>()
      working = work(order, begun.resolve)
        .catch((error: unknown) => begun.reject(error))
        .finally(() => {
          working = null
          running = null
        })
      return begun.promise
    },
    isRunning: (run) => running === run,
    failureOf: (run) => failures.get(run) ?? null,
    close: async () => {
      stopping.abort()
      await working
    },
  }
}

async function carryOut(run: ReplayRun, { resumed, open }: Order, signal: AbortSignal): Promise<RunResult> {
  await using stack = new AsyncDisposableStack()
  const context = { ...(await open(stack)), listenForStop: () => signal }
  return resumed === null
    ? await carryOutAlone(run, context, UNSEEN)
    : await resumeRun(run, resumed, context, UNSEEN)
}

/** Why the run is not done, for the page; `null` when it is, or when it was stopped on purpose. */
function failureIn(result: RunResult): string | null {
  if (result.kind === 'not-started') return result.stopped ? null : 'another command carries it out'
  return result.ending === 'held'
    ? 'every copy is sent, but another process holds originals locked on the bus: resume it to remove them'
    : null
}

/** The pages read how far a run is from the ledger. */
const UNSEEN: RunView = { resuming: () => {}, waiting: () => {}, progress: () => {} }
