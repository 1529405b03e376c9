import type { Ledger } from '../ledger/ledger.ts'
import type { Receiver, SourceMessage, SourceQueue } from '../ports.ts'
import { describeError, type Runtime } from '../runtime.ts'
import { endingWithin, type Service } from '../service.ts'
import { type Committer, committer, type CommitSettings, type ReadBatch } from './commit.ts'
import { Queue, rateOf } from './receive/queue.ts'
import type { SourceRules } from './sources.ts'
import { type Uncommitted, uncommittedMessages } from './uncommitted.ts'

export interface IntakeSettings extends CommitSettings {
  /** The most messages in one commit. */
  readonly batchSize: number
  /** How long a message waits for others to share its commit; not at all after a rest. */
  readonly batchMs: number
  /** More messages per second than this count as a backlog. */
  readonly backlogPerSecond: number
}

/** Without a message for this many times `batchMs`, the next one waits for no other. */
const REST_WINDOWS = 4
/** Time for the received messages when the process stops. */
const FINISH_MS = 6_000
/** Time for the whole stop, including handing back and closing. */
const END_MS = 15_000
/** For settlements under way when the ledger fails. The bus may be away as well. */
const SETTLE_MS = 1_000
const FIRST_REST_MS = 125
const LONGEST_REST_MS = 10_000

interface Intake<M extends SourceMessage> extends Committer<M> {
  readonly settings: IntakeSettings
  readonly runtime: Runtime
  readonly uncommitted: Uncommitted<M>
  /** Called after each commit. */
  readonly onCommitted: () => void
  /** Settlements that the bus has not confirmed yet. */
  readonly settling: Set<Promise<void>>
}

/** The messages that arrive through one receiver. */
interface Arrivals<M extends SourceMessage> {
  readonly queue: Queue<M>
  readonly receiver: Receiver<M>
}

export interface IntakeContext<M extends SourceMessage> {
  readonly sourceQueue: SourceQueue<M>
  readonly ledger: Pick<Ledger, 'recordMessages' | 'ping'>
  readonly sources: SourceRules
  /** Reads and commits elsewhere. Without it, that is done in this thread. */
  readonly committer?: Committer<M>
  readonly settings: IntakeSettings
  readonly runtime: Runtime
  /** Called after each commit. */
  readonly onRecorded: () => void
}

/**
 * Commits messages to the ledger as events, in micro-batches of one transaction each, and settles
 * them only after the commit. When the ledger cannot commit them, nothing is abandoned: the
 * receiver stops at once and the locks expire. Each time a message is received and not settled, the
 * bus counts a delivery, and it dead-letters the message after ten. So received messages are kept
 * and committed before anything else is received; when the bus delivers them again, they are known.
 * A message that the ledger never commits, while it commits others, does not block them: it is
 * delivered again until the bus dead-letters it.
 */
export function intakeLoop<M extends SourceMessage>({
  sourceQueue,
  ledger,
  sources,
  settings,
  runtime,
  onRecorded,
  committer: commits = committer<M>(ledger, sources, settings, runtime),
}: IntakeContext<M>): Service {
  const { batchSize } = settings
  const uncommitted = uncommittedMessages(ledger, commits, { batchSize, onRecorded }, runtime)
  /** Since the last commit. */
  let failures = 0
  const onCommitted = (): void => {
    failures = 0
    uncommitted.ledgerTakes()
    onRecorded()
  }
  const intake: Intake<M> = { ...commits, settings, runtime, uncommitted, onCommitted, settling: new Set() }

  return endingWithin('intake', END_MS, runtime, async (stopping) => {
    const stopped = new Promise<void>((resolve) =>
      stopping.addEventListener('abort', () => resolve(), { once: true }),
    )
    while (!stopping.aborted) {
      const queue = new Queue<M>()
      let receiver: Receiver<M> | null = null
      try {
        receiver = await sourceQueue.open((message) => queue.push(message))
        const arrivals = { queue, receiver }
        const pumping = pump(intake, arrivals, stopping)
        await Promise.race([pumping, stopped])
        if (stopping.aborted) await finish(intake, arrivals, pumping)
      } catch (error) {
        failures += 1
        runtime.log.error('intake.stopped', {
          ...describeError(error),
          what: 'nothing is lost: unsettled messages are delivered again',
        })
        await endSettling(intake)
      }
      await receiver?.close()
      // Prevents a busy loop when the ledger answers and still refuses, or the bus cannot be
      // reached.
      const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(failures, 7))
      await runtime.sleep(restMs, stopping)
      if (!stopping.aborted) await uncommitted.waitForLedger(stopping)
    }
  })
}

/**
 * Reads and commits messages until it is asked to stop. Throws when a batch cannot be read or
 * committed. One batch is read while the previous one is committed; commits keep their order.
 */
async function pump<M extends SourceMessage>(
  intake: Intake<M>,
  { queue, receiver }: Arrivals<M>,
  stopping: AbortSignal,
): Promise<void> {
  const { settings, runtime, uncommitted } = intake
  const rate = rateOf(runtime)
  const none = { messages: [] as readonly M[], done: Promise.resolve() }
  let before = none
  let takenAt = Number.NEGATIVE_INFINITY
  /**
   * Waits for the previous commit. If it failed, its messages, `next` and the queued ones are kept.
   */
  const wait = async (next: readonly M[]): Promise<void> => {
    await before.done.catch((error: unknown) => {
      uncommitted.keep([...before.messages, ...next, ...queue.take(queue.length)])
      before = none
      throw error
    })
  }
  try {
    while (!stopping.aborted) {
      // With nothing else to do, wait for the result of the previous commit.
      if (queue.length === 0) await wait([])
      await queue.some(stopping)
      // After a rest there is no commit to share: few messages come, or this is the first of many.
      const isRested = runtime.now() - takenAt >= settings.batchMs * REST_WINDOWS
      if (!isRested && queue.length < settings.batchSize) await runtime.sleep(settings.batchMs, stopping)
      const messages = queue.take(settings.batchSize)
      if (messages.length === 0) continue
      takenAt = runtime.now()
      const backlog = rate(messages.length) > settings.backlogPerSecond
      const read = await intake.read(messages).catch(async (error: unknown) => {
        await wait(messages)
        uncommitted.keep([...messages, ...queue.take(queue.length)])
        throw error
      })
      await wait(messages)
      before = { messages, done: commitAndSettle(intake, receiver, read, backlog) }
      before.done.catch(() => {})
    }
  } finally {
    await wait([])
  }
}

async function commitAndSettle<M extends SourceMessage>(
  { onCommitted, settling, runtime }: Intake<M>,
  receiver: Receiver<M>,
  read: ReadBatch<M>,
  backlog: boolean,
): Promise<void> {
  const dispositions = await read.commit(backlog)
  onCommitted()
  // Not awaited: the next commit continues while the bus answers. Unsettled messages are delivered
  // again and are known.
  const settled = receiver
    .settle(dispositions)
    .catch((error: unknown) => runtime.log.warn('intake.settle.failed', describeError(error)))
    .finally(() => settling.delete(settled))
  settling.add(settled)
}

/**
 * A closed receiver settles nothing more. A committed message would then come again, and use up one
 * of the deliveries that the bus allows it.
 */
async function endSettling<M extends SourceMessage>({ settling, runtime }: Intake<M>): Promise<void> {
  const over = new AbortController()
  await Promise.race([Promise.all(settling), runtime.sleep(SETTLE_MS, over.signal)])
  over.abort()
}

/**
 * An orderly stop: commits and settles as many received messages as `FINISH_MS` allows, and hands
 * the rest back. Either way the bus keeps no message locked for this process.
 */
async function finish<M extends SourceMessage>(
  intake: Intake<M>,
  { queue, receiver }: Arrivals<M>,
  pumping: Promise<void>,
): Promise<void> {
  const { settings, runtime } = intake
  const over = new AbortController()
  const settleAll = async (): Promise<void> => {
    await receiver.stopReceiving()
    await pumping
    while (queue.length > 0 && !over.signal.aborted) {
      const read = await intake.read(queue.take(settings.batchSize))
      await commitAndSettle(intake, receiver, read, false)
    }
    await Promise.all(intake.settling)
  }
  const work = settleAll().catch((error: unknown) =>
    runtime.log.warn('intake.finish.failed', {
      ...describeError(error),
      what: 'the received messages are handed back to the bus',
    }),
  )
  await Promise.race([work, runtime.sleep(FINISH_MS, over.signal)])
  over.abort()
  await receiver.handBack()
}
