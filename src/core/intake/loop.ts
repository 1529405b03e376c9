import type { Ledger } from '../ledger/ledger.ts'
import type { Disposition, SourceQueue, SourceMessage, Receiver } from '../ports.ts'
import { describeError, type Runtime } from '../runtime.ts'
import { endingWithin, type Service } from '../service.ts'
import { estimateClockOffset } from './clock-offset.ts'
import { Queue, rateOf } from './queue.ts'
import type { ShapeRules, SourceRules } from './sources.ts'
import { takeIn, takeInShaped, type TakenIn, toIntakeMessage } from './message.ts'

export interface IntakeSettings {
  /** Messages in one commit at the most. */
  readonly batchSize: number
  /** How long a message waits for company. */
  readonly batchMs: number
  readonly quietMs: number
  readonly maxWaitMs: number
  /** More than this many messages a second are a backlog being worked off. */
  readonly backlogPerSecond: number
  /** How far the clocks of the bus and of this process may be apart. */
  readonly skewMs: number
  /** Messages that come in a vendor's own shape. Without it all are canonical. */
  readonly shapes?: ShapeRules
}

/** A ledger that answers and takes nothing is given so long before messages are received again; twice as long each time, up to the longest. */
const PATIENCE_MS = 4_000
/** For what is in hand when the process is to end. */
const FINISH_MS = 6_000
/** With handing back and closing after that. */
const END_MS = 15_000
const LONGEST_PATIENCE_MS = 300_000
/** So many messages in a row that the ledger does not take each by itself say that it takes none. */
const ENOUGH_REFUSED = 3

/**
 * Messages become events in the ledger, in micro-batches of one commit each; only then are they settled. When the ledger cannot take them
 * nothing is abandoned: the receiver stops at once and the locks lapse.
 *
 * Each time a message is received and not settled the bus counts a delivery, and dead-letters it after ten. So what was received is kept and
 * offered to the ledger again before anything else is received; it comes again and is known by then. A message that the ledger never takes, while
 * it takes others, holds up none of them: it comes again by itself until the bus puts it aside.
 */
export function intake<M extends SourceMessage>(
  inbox: SourceQueue<M>,
  ledger: Pick<Ledger, 'recordMessages' | 'ping'>,
  sources: SourceRules,
  settings: IntakeSettings,
  runtime: Runtime,
  onRecorded: () => void,
): Service {
  const ahead = estimateClockOffset(settings.skewMs, runtime)

  /** Since the last commit. */
  let failures = 0
  let patienceMs = PATIENCE_MS
  /** Received and not committed; their locks may be gone. */
  let pending: readonly M[] = []
  /** Settlements the bus has not confirmed yet. */
  const settling = new Set<Promise<void>>()

  const run = async (stopping: AbortSignal): Promise<void> => {
    const stopped = new Promise<void>((resolve) => onAbort(stopping, resolve))
    while (!stopping.aborted) {
      const queue = new Queue<M>()
      let receiver: Receiver<M> | null = null
      try {
        receiver = await inbox.open((message) => queue.push(message))
        const pumping = pump(queue, receiver, stopping)
        await Promise.race([pumping, stopped])
        if (stopping.aborted) await finish(pumping, queue, receiver)
      } catch (error) {
        failures += 1
        runtime.log.error('intake.stopped', {
          ...describeError(error),
          what: 'nothing is lost: what is unsettled comes again',
        })
      }
      await receiver?.close()
      // The ledger may answer and still refuse, or it is the bus that is away: then this is all that keeps us from trying without a pause.
      await runtime.sleep(Math.min(10_000, 125 * 2 ** Math.min(failures, 7)), stopping)
      if (!stopping.aborted) await waitForLedger(stopping)
    }
  }

  /**
   * An orderly end: what is in hand is committed and settled as far as that goes within `FINISH_MS`; the rest is handed back. Either way the bus
   * keeps nothing locked for us.
   */
  const finish = async (pumping: Promise<void>, queue: Queue<M>, receiver: Receiver<M>): Promise<void> => {
    const over = new AbortController()
    const settleAll = async (): Promise<void> => {
      await receiver.stopReceiving()
      await pumping
      while (queue.length > 0 && !over.signal.aborted)
        await commitAndSettle(await takeAll(queue.take(settings.batchSize)), false, receiver)
      await Promise.all(settling)
    }
    const work = settleAll().catch((error: unknown) =>
      runtime.log.warn('intake.finish.failed', {
        ...describeError(error),
        what: 'what is in hand is handed back to the bus',
      }),
    )
    await Promise.race([work, runtime.sleep(FINISH_MS, over.signal)])
    over.abort()
    await receiver.handBack()
  }

  /**
   * Ends when asked to, or throws when a batch cannot be read or the ledger does not take it. One batch is read while the one before is committed; commits do not
   * overtake each other.
   */
  const pump = async (queue: Queue<M>, receiver: Receiver<M>, stopping: AbortSignal): Promise<void> => {
    const rate = rateOf(runtime)
    let before: Commit<M> = { messages: [], done: Promise.resolve() }
    const wait = async (next: readonly M[]): Promise<void> => {
      await before.done.catch((error: unknown) => {
        pending = [...before.messages, ...next, ...queue.take(queue.length)]
        before = { messages: [], done: Promise.resolve() }
        throw error
      })
    }
    try {
      while (!stopping.aborted) {
        // With nothing else to do, how it ended is what there is to wait for.
        if (queue.length === 0) await wait([])
        await queue.some(stopping)
        if (queue.length < settings.batchSize) await runtime.sleep(settings.batchMs, stopping)
        const messages = queue.take(settings.batchSize)
        if (messages.length === 0) continue
        const backlog = rate(messages.length) > settings.backlogPerSecond
        const taken = await takeAll(messages).catch(async (error: unknown) => {
          await wait(messages)
          pending = [...messages, ...queue.take(queue.length)]
          throw error
        })
        await wait(messages)
        before = { messages, done: commitAndSettle(taken, backlog, receiver) }
        before.done.catch(() => {})
      }
    } finally {
      await wait([])
    }
  }

  const commitAndSettle = async (
    taken: readonly Taken<M>[],
    backlog: boolean,
    receiver: Receiver<M>,
  ): Promise<void> => {
    const dispositions = await commit(taken, backlog)
    failures = 0
    patienceMs = PATIENCE_MS
    onRecorded()
    // Not awaited: the next commit goes on while the bus answers. What is not settled comes again and is known.
    const settled = receiver
      .settle(dispositions)
      .catch((error: unknown) => runtime.log.warn('intake.settle.failed', describeError(error)))
      .finally(() => settling.delete(settled))
    settling.add(settled)
  }

  const takeAll = async (messages: readonly M[]): Promise<readonly Taken<M>[]> => {
    const taken: Taken<M>[] = []
    for (let from = 0; from < messages.length; from += READ_AT_ONCE) {
      const part = messages.slice(from, from + READ_AT_ONCE)
      taken.push(...(await Promise.all(part.map(take))))
      if (part.length === READ_AT_ONCE) await runtime.yieldToEventLoop()
    }
    return taken
  }

  const take = async (message: M): Promise<Taken<M>> => {
    const shaped = settings.shapes?.(message) ?? null
    return { message, ...(shaped ? await takeInShaped(message, shaped) : takeIn(message, sources)) }
  }

  const commit = async (taken: readonly Taken<M>[], backlog: boolean): Promise<Disposition<M>[]> => {
    const links = taken.flatMap(({ events }) => events.flatMap((event) => event.traceparent ?? []))
    return runtime.telemetry.span(
      'rollcall.intake',
      { kind: 'consumer', links, attributes: { 'messaging.batch.message_count': taken.length } },
      async () => {
        const { quietMs, maxWaitMs } = settings
        const aheadMs = ahead(taken.map(({ message }) => message))
        const result = await ledger.recordMessages({
          messages: taken.map(toIntakeMessage),
          now: runtime.now(),
          quietMs,
          maxWaitMs,
          backlog,
          aheadMs,
        })
        runtime.telemetry.count('rollcall.events', result.fresh, { outcome: 'received' })
        runtime.telemetry.count('rollcall.events', result.duplicates, { outcome: 'duplicate' })
        runtime.telemetry.count('rollcall.events', result.replays, { outcome: 'replay' })
        runtime.telemetry.count('rollcall.messages', result.rejected, { outcome: 'rejected' })
        const refused = new Map((result.refused ?? []).map((refusal) => [refusal.message, refusal]))
        return taken.map(({ message, rejected }, place): Disposition<M> => {
          const why = rejected ?? refused.get(place)
          return why
            ? {
                kind: 'dead-letter',
                message,
                reason: why.code,
                field: why.field,
                description: why.description,
              }
            : { kind: 'complete', message }
        })
      },
    )
  }

  /** Ends when the ledger takes what it did not take before, or has long enough answered and taken nothing. */
  const waitForLedger = async (stopping: AbortSignal): Promise<void> => {
    let answeringSince: number | null = null
    for (let restMs = 250; !stopping.aborted; restMs = Math.min(10_000, restMs * 2)) {
      let answers = false
      try {
        await ledger.ping()
        answers = true
        await commitPending()
        return
      } catch (error) {
        const now = runtime.now()
        answeringSince = answers ? (answeringSince ?? now) : null
        if (answeringSince !== null && now - answeringSince >= patienceMs) {
          patienceMs = Math.min(LONGEST_PATIENCE_MS, patienceMs * 2)
          pending = []
          return
        }
        const what = answers
          ? 'the ledger answers and does not take what came in'
          : 'the ledger does not answer'
        runtime.log.warn('intake.waits', { ...describeError(error), what, retryInMs: restMs })
        await runtime.sleep(restMs, stopping)
      }
    }
  }

  /** Rejects when the ledger takes none of them, or goes away meanwhile. */
  const commitPending = async (): Promise<void> => {
    let taken = 0
    let cause: unknown = null
    for (let at = 0; at < pending.length; at += settings.batchSize) {
      const messages = pending.slice(at, at + settings.batchSize)
      try {
        await commit(await takeAll(messages), true)
        taken += messages.length
      } catch (error) {
        cause = error
        taken += await commitApart(messages, taken > 0)
      }
    }
    if (pending.length === 0) return
    if (taken === 0) throw cause
    pending = []
    patienceMs = PATIENCE_MS
    onRecorded()
  }

  /** One by one, so that one the ledger does not take keeps back no other. Answers how many it took. */
  const commitApart = async (messages: readonly M[], tookSome: boolean): Promise<number> => {
    let taken = 0
    let refused = 0
    for (const message of messages) {
      try {
        await commit(await takeAll([message]), true)
        taken += 1
      } catch (error) {
        refused += 1
        await ledger.ping()
        if (refused >= ENOUGH_REFUSED && taken === 0 && !tookSome) throw error
      }
    }
    return taken
  }

  return endingWithin('intake', END_MS, runtime, run)
}

function onAbort(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then()
  else signal.addEventListener('abort', then, { once: true })
}

type Taken<M> = TakenIn & { readonly message: M }
interface Commit<M> {
  readonly messages: readonly M[]
  readonly done: Promise<void>
}
/** So many messages are read before everything else gets its turn. */
const READ_AT_ONCE = 64
