import type { ServiceBusReceiver } from '@azure/service-bus'
import type { DeadLetterQueue } from '../../../core/ports.ts'
import { findBySequence } from '../../../core/report/replay/find-by-sequence.ts'
import type { Runtime } from '../../../core/runtime.ts'
import { type RemovalLinks, removalLinks } from './links.ts'
import { markGone, passThrough, type Wanted } from './pass.ts'

export interface RemovalSettings {
  /** How long a message is waited for that another receiver keeps locked. */
  readonly patienceMs: number
  /**
   * A queue whose head was delivered this often is not passed over. `Infinity` for a dead-letter
   * queue, for which the count has no effect.
   */
  readonly mostDeliveries: number
}

export interface MessageRemover {
  /** Removes the messages with these sequence numbers. Returns those that are gone. */
  remove(sequences: ReadonlySet<string>, signal: AbortSignal): Promise<ReadonlySet<string>>
  /** Hands back what it still knows to be locked. */
  close(): Promise<void>
}

interface Removal {
  readonly links: RemovalLinks
  readonly peek: DeadLetterQueue['peek']
  readonly settings: RemovalSettings
  readonly runtime: Pick<Runtime, 'now' | 'sleep'>
}

const LONGEST_REST_MS = 5_000
/** This many are looked up one by one before a pass, rather than found missing at the end of it. */
const FEW = 100

/**
 * Removes chosen messages from a queue that hands out only its head. The bus has no way to lock a
 * message by its number unless it was deferred. So everything before it is received too, in
 * windows, and only what is chosen is completed.
 *
 * What this does to the other messages: none is completed, deferred, moved or reordered. Each that
 * is passed over stays locked until `close`, which abandons the last 10,000 of them, or until its
 * lock lapses (`LockDuration`, a minute by default). Until then no other receiver can take it;
 * peeking shows it all the time. Either way the bus counts one delivery. That count has no effect
 * in a dead-letter queue. A plain queue would dead-letter at its limit, so there a pass does not
 * begin when the head of the queue is near it.
 *
 * The links of the last 30,000 messages stay open: the service may free the locks of a closed link
 * early, and then the same messages come again. When they do, or when a lock is shorter than the
 * way to the end, the pass is given up; a longer `LockDuration` helps. A message that another
 * receiver has locked is not gone: the remover waits for it with patience, and then leaves it out
 * of its answer.
 */
export function messageRemover(
  open: () => ServiceBusReceiver,
  peek: DeadLetterQueue['peek'],
  settings: RemovalSettings,
  runtime: Pick<Runtime, 'now' | 'sleep'>,
): MessageRemover {
  const links = removalLinks(open)
  const removal: Removal = { links, peek, settings, runtime }
  let last: Promise<unknown> = Promise.resolve()
  return {
    // One after the other: two passes would lock each other's messages.
    remove: (sequences, signal) => {
      const removed = last.then(() => remove(removal, sequences, signal))
      last = removed.catch(() => {})
      return removed
    },
    close: async () => {
      await last
      await links.close()
    },
  }
}

async function remove(
  removal: Removal,
  sequences: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { links, settings, runtime } = removal
  const found: Wanted = { wanted: new Set(sequences), gone: new Set() }
  const { wanted } = found
  markGone(found, await links.completeKept(wanted))
  const startedAt = runtime.now()
  if (wanted.size <= FEW) await markMissing(removal, found, signal)
  for (let restMs = 125; wanted.size > 0 && !signal.aborted;) {
    if (await isWorn(removal)) break
    const before = wanted.size
    const reachedEnd = await passThrough(links, found, signal)
    if (wanted.size === 0 || signal.aborted) break
    await markMissing(removal, found, signal)
    const isOver = Math.abs(runtime.now() - startedAt) >= settings.patienceMs
    if (wanted.size === 0 || isOver || (!reachedEnd && wanted.size === before)) break
    restMs = wanted.size < before ? 250 : Math.min(LONGEST_REST_MS, restMs * 2)
    await runtime.sleep(restMs, signal)
  }
  return found.gone
}

/** Marks those as gone that the queue no longer holds. */
async function markMissing({ peek }: Removal, found: Wanted, signal: AbortSignal): Promise<void> {
  const there = new Set<string>()
  for await (const { sequence } of findBySequence(peek, found.wanted, signal)) there.add(sequence)
  if (signal.aborted) return
  markGone(
    found,
    [...found.wanted].filter((sequence) => !there.has(sequence)),
  )
}

/** Whether another delivery of its head would bring the queue too near to its limit. */
async function isWorn({ peek, settings: { mostDeliveries } }: Removal): Promise<boolean> {
  if (!Number.isFinite(mostDeliveries)) return false
  return ((await peek('0', 1))[0]?.deliveryCount ?? 0) >= mostDeliveries
}
