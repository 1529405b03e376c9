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
   * Begins a run and returns it; it goes on by itself, whether or not somebody looks. `null` when a
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

  const carryOut = async (run: ReplayRun, { resumed, open }: Order, signal: AbortSignal): Promise<void> => {
    await using stack = new AsyncDisposableStack()
    const context = { ...(await open(stack)), listenForStop: () => signal }
    const result =
      resumed === null
        ? await carryOutAlone(run, context, UNSEEN)
        : await resumeRun(run, resumed, context, UNSEEN)
    const ending = result.kind === 'ended' ? result.ending : 'not-started'
    log.info('replay.ended', { run: run.id, ending })
    if (result.kind === 'not-started' && !result.stopped)
      failures.set(run.id, 'another command carries it out')
    if (ending === 'held')
      failures.set(
        run.id,
        'every copy is sent, but another process holds originals locked on the bus: resume it to remove them',
      )
  }

  const work = async (order: Order, begun: (run: ReplayRun | null) => void): Promise<void> => {
    const lease = { owner: runtime.id(), leaseMs }
    const got = await whileLeased(LEASE, order.ledger, lease, runtime, async (lost) => {
      const run = await order.begin()
      failures.delete(run.id)
      running = run.id
      begun(run)
      await carryOut(run, order, AbortSignal.any([lost, stopping.signal])).catch((error: unknown) => {
        log.error('replay.stopped', { ...describeError(error), run: run.id })
        failures.set(
          run.id,
          error instanceof RollcallError ? error.message : 'it failed; the log of the process says more',
        )
        const [oldest] = failures.keys()
        if (failures.size > MOST_FAILURES && oldest !== undefined) failures.delete(oldest)
      })
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

/** The pages read how far a run is from the ledger. */
const UNSEEN: RunView = { resuming: () => {}, waiting: () => {}, progress: () => {} }
