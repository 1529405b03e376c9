import type { Ledger } from '../../ledger/ledger.ts'
import type { BusDeadLetters } from '../../ledger/port/figures.ts'
import type { DeadLetterReasons, PeekedReason } from '../../ports.ts'
import { BUS_CODES, type BusCode, REJECTION_CODES } from '../../reasons.ts'
import { describeError, type Runtime } from '../../runtime.ts'
import { loop, type Service } from '../../service.ts'
import { NO_REASON } from './dead-letter.ts'

export interface BusCountSettings {
  /** Time between two counts. */
  readonly everyMs: number
  /** Messages that one peek asks for. */
  readonly atOnce: number
  /** Messages of one queue that are counted. */
  readonly most: number
  /** How long one queue may take. */
  readonly withinMs: number
}

type QueueCount = Pick<BusDeadLetters, 'capped' | 'codes'>
/** What the count of one queue needs beside the queue. */
interface CountContext {
  readonly settings: BusCountSettings
  readonly runtime: Pick<Runtime, 'sleep'>
  readonly stopping: AbortSignal
}

const OTHER_REASON = 'OtherReason' satisfies BusCode
const KNOWN_CODES: ReadonlySet<string> = new Set([...REJECTION_CODES, ...BUS_CODES])

/**
 * Counts the messages of the native dead-letter queues by code, and records the count in the
 * ledger for metrics, alerts and `status`. It peeks, so nothing is locked or changed. A queue that
 * cannot be read is logged once, until it can be read again, and keeps its last count.
 */
export function busCountLoop(
  ledger: Pick<Ledger, 'recordBusDeadLetters'>,
  queues: readonly DeadLetterReasons[],
  settings: BusCountSettings,
  runtime: Runtime,
): Service {
  const counts = new Map<string, QueueCount>()
  const unreadable = new Set<string>()
  return loop('dead-letters.count', runtime, async (stopping) => {
    for (const queue of queues) {
      try {
        counts.set(queue.entity, await countQueue(queue, { settings, runtime, stopping }))
        unreadable.delete(queue.entity)
      } catch (error) {
        if (stopping.aborted) return 0
        if (!unreadable.has(queue.entity))
          runtime.log.warn('dead-letters.uncounted', { queue: queue.entity, ...describeError(error) })
        unreadable.add(queue.entity)
      }
    }
    if (unreadable.size < queues.length)
      await ledger.recordBusDeadLetters(together([...counts.values()], runtime.now()))
    return settings.everyMs
  })
}

/**
 * Stops at its limits: more messages than it may count, or no more time. Rejects if no answer came
 * in time.
 */
async function countQueue(
  queue: DeadLetterReasons,
  { settings, runtime, stopping }: CountContext,
): Promise<QueueCount> {
  const over = new AbortController()
  const late = runtime
    .sleep(settings.withinMs, AbortSignal.any([stopping, over.signal]))
    .then((): 'late' => 'late')
  const peeked: PeekedReason[] = []
  try {
    for (let from = 0n; ;) {
      const limit = Math.min(settings.atOnce, settings.most - peeked.length)
      if (limit === 0) return { codes: byCode(peeked), capped: true }
      const page = await Promise.race([queue.peek(String(from), limit, over.signal), late])
      if (page === 'late') {
        if (peeked.length === 0 || stopping.aborted) throw new Error('the queue does not answer')
        return { codes: byCode(peeked), capped: true }
      }
      const last = page.at(-1)
      // Ends the loop also when a bus answers with an earlier page.
      if (last === undefined || BigInt(last.sequence) < from) return { codes: byCode(peeked), capped: false }
      peeked.push(...page)
      from = BigInt(last.sequence) + 1n
    }
  } finally {
    over.abort()
  }
}

function byCode(peeked: readonly PeekedReason[]): BusDeadLetters['codes'] {
  return [...Map.groupBy(peeked, ({ reason }) => codeOf(reason))].map(([code, all]) => ({
    code,
    count: all.length,
    oldestAt: Math.min(...all.map(({ enqueuedAt }) => enqueuedAt)),
  }))
}

/** A reason of another program may be any text, also one with personal data. */
function codeOf(reason: string | null): string {
  if (reason === null) return NO_REASON
  return KNOWN_CODES.has(reason) ? reason : OTHER_REASON
}

function together(queues: readonly QueueCount[], countedAt: number): BusDeadLetters {
  const byCode = Map.groupBy(
    queues.flatMap(({ codes }) => codes),
    ({ code }) => code,
  )
  return {
    countedAt,
    capped: queues.some(({ capped }) => capped),
    codes: [...byCode].map(([code, all]) => ({
      code,
      count: all.reduce((sum, { count }) => sum + count, 0),
      oldestAt: Math.min(...all.map(({ oldestAt }) => oldestAt ?? Infinity)),
    })),
  }
}
