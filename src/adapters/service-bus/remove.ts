import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'
import type { DeadLetterQueue } from '../../core/ports.ts'
import { findBySequence } from '../../core/report/replay/find-by-sequence.ts'
import type { Runtime } from '../../core/runtime.ts'
import { closeWithin } from './client.ts'
import { guardedSettler } from './settle.ts'

export interface RemovalSettings {
  readonly patienceMs: number
  /** A queue whose head was delivered so often is not passed over; `Infinity` for a dead-letter queue, which does nothing with the count. */
  readonly mostDeliveries: number
}
export interface MessageRemover {
  remove(sequences: ReadonlySet<string>, signal: AbortSignal): Promise<ReadonlySet<string>>
  /** Hands back what it still knows to be locked. */
  close(): Promise<void>
}

/** Received at once. */
const WINDOW = 1_000
/** Through one link while any of it is unsettled: the client's ring of 2,048 frees from its head only. */
const RING = 1_900
/** Open at once, which bounds memory. When one more is needed the oldest is closed; its locks outlive it, as far as is known. */
const MOST_LINKS = 16
/** Messages passed over whose handles are kept, so that they can be taken later or handed back. Of older ones the locks lapse. */
const MOST_KEPT = 10_000
/** So long without a message, and there is none: the answer of a bus that has any takes a round trip. */
const NOTHING_MS = 1_000
const CLOSE_MS = 5_000
const LONGEST_REST_MS = 5_000
/** Asked for one by one before a pass, rather than found missing at the end of it. */
const FEW = 100
/** Sequence numbers of a partitioned entity bear the partition above this and rise only inside it. */
const ONE_PARTITION = 2n ** 48n

interface Link {
  readonly receiver: ServiceBusReceiver
  readonly settle: ReturnType<typeof guardedSettler>
  /** Since everything it brought was settled. */
  received: number
  unsettled: number
}
interface Kept {
  readonly message: ServiceBusReceivedMessage
  readonly link: Link
}

/**
 * Takes chosen messages out of a queue that hands out only its head. The bus has no way to lock one message by its number unless it was deferred,
 * so everything before it is received too, in windows, and only what is chosen is completed.
 *
 * What this does to the others: nothing is completed, deferred, moved, or put in another order. Each that is passed over is locked for a while:
 * until `close`, which abandons the last 10,000 of them, or until its lock lapses (`LockDuration`, a minute by default), during which nobody else
 * can receive it; peeking shows it all the time. Either way the bus counts one delivery. A dead-letter queue does nothing with that count; a plain
 * queue would dead-letter at its limit, so there a pass is not begun when the head of the queue has come near to it.
 *
 * The links of the last 30,000 stay open: the service may free the locks of a closed link early, and then the same messages come again. When
 * they do, or when a lock lasts less long than the way to the end, the pass is given up; a longer `LockDuration` is the cure.
 * One that somebody else has locked is not gone: it is waited for with patience, and left out of the answer when that is over.
 */
export function messageRemover(
  open: () => ServiceBusReceiver,
  peek: DeadLetterQueue['peek'],
  { patienceMs, mostDeliveries }: RemovalSettings,
  runtime: Pick<Runtime, 'now' | 'sleep'>,
): MessageRemover {
  const links: Link[] = []
  const kept = new Map<string, Kept>()
  let last: Promise<unknown> = Promise.resolve()

  const linkWithRoom = (): Link => {
    const newest = links.at(-1)
    if (newest && newest.unsettled === 0) newest.received = 0
    if (newest && newest.received < RING && !newest.receiver.isClosed) return newest
    const receiver = open()
    const link = { receiver, settle: guardedSettler(receiver), received: 0, unsettled: 0 }
    links.push(link)
    if (links.length > MOST_LINKS) drop(links[0])
    return link
  }

  function drop(link: Link | undefined): void {
    if (!link) return
    links.splice(links.indexOf(link), 1)
    for (const [sequence, one] of kept) if (one.link === link) kept.delete(sequence)
    void closeWithin(CLOSE_MS, link.receiver.close())
  }

  function keep(sequence: string, message: ServiceBusReceivedMessage, link: Link): void {
    kept.delete(sequence)
    kept.set(sequence, { message, link })
    link.unsettled += 1
    if (kept.size <= MOST_KEPT) return
    const oldest = kept.keys().next()
    if (!oldest.done) kept.delete(oldest.value)
  }

  /** Completes, and answers the sequence numbers that are gone for it. One whose lock is lost comes again. */
  async function complete(
    link: Link,
    messages: readonly ServiceBusReceivedMessage[],
  ): Promise<readonly string[]> {
    if (messages.length === 0) return []
    const settled = await link.settle(messages.map((native) => ({ kind: 'complete', message: { native } })))
    return settled.flatMap(({ message, error }) => (error === null ? [sequenceOf(message)] : []))
  }

  /** Those of former windows that are wanted now. */
  async function takeKept(wanted: ReadonlySet<string>): Promise<readonly string[]> {
    const byLink = new Map<Link, ServiceBusReceivedMessage[]>()
    for (const sequence of wanted) {
      const one = kept.get(sequence)
      if (!one) continue
      kept.delete(sequence)
      one.link.unsettled -= 1
      byLink.set(one.link, [...(byLink.get(one.link) ?? []), one.message])
    }
    const gone: string[] = []
    for (const [link, messages] of byLink) gone.push(...(await complete(link, messages)))
    return gone
  }

  /** From the head until all are found, or the queue ends. Answers false when the same messages came again before that. */
  async function pass(wanted: Set<string>, gone: Set<string>, signal: AbortSignal): Promise<boolean> {
    const passed = new Set<string>()
    const farthest = [...wanted].reduce((most, one) => (BigInt(one) > most ? BigInt(one) : most), 0n)
    let size = Math.min(wanted.size, WINDOW)
    while (wanted.size > 0 && !signal.aborted) {
      const link = linkWithRoom()
      const asked = Math.min(size, RING - link.received)
      const messages = await receive(link, asked, signal)
      if (messages.length === 0) return true
      const chosen: ServiceBusReceivedMessage[] = []
      let again = 0
      let beyond = 0
      for (const message of messages) {
        const sequence = sequenceOf(message)
        if (wanted.has(sequence)) {
          chosen.push(message)
          continue
        }
        if (passed.has(sequence)) again += 1
        if (BigInt(sequence) > farthest && BigInt(sequence) < ONE_PARTITION) beyond += 1
        passed.add(sequence)
        keep(sequence, message, link)
      }
      for (const sequence of await complete(link, chosen)) {
        wanted.delete(sequence)
        gone.add(sequence)
      }
      if (again === messages.length) return false
      if (beyond === messages.length) return true
      if (chosen.length < messages.length / 2) size = Math.min(WINDOW, size * 2)
    }
    return true
  }

  async function receive(
    link: Link,
    count: number,
    signal: AbortSignal,
  ): Promise<readonly ServiceBusReceivedMessage[]> {
    try {
      const messages = await link.receiver.receiveMessages(count, {
        maxWaitTimeInMs: NOTHING_MS,
        abortSignal: signal,
      })
      link.received += messages.length
      return messages
    } catch (error) {
      // Its credit is still out, and what comes for it would be handed to nobody.
      drop(link)
      if (signal.aborted) return []
      throw error
    }
  }

  /** Takes those out of `wanted` that are on the shelf no more. */
  async function missing(wanted: Set<string>, gone: Set<string>, signal: AbortSignal): Promise<void> {
    const there = new Set<string>()
    for await (const { sequence } of findBySequence(peek, wanted, signal)) there.add(sequence)
    if (signal.aborted) return
    for (const sequence of wanted) {
      if (there.has(sequence)) continue
      wanted.delete(sequence)
      gone.add(sequence)
    }
  }

  const worn = async (): Promise<boolean> =>
    Number.isFinite(mostDeliveries) && ((await peek('0', 1))[0]?.deliveryCount ?? 0) >= mostDeliveries

  async function remove(sequences: ReadonlySet<string>, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const wanted = new Set(sequences)
    const gone = new Set<string>()
    for (const sequence of await takeKept(wanted)) {
      wanted.delete(sequence)
      gone.add(sequence)
    }
    const began = runtime.now()
    if (wanted.size <= FEW) await missing(wanted, gone, signal)
    for (let restMs = 125; wanted.size > 0 && !signal.aborted;) {
      if (await worn()) break
      const before = wanted.size
      const within = await pass(wanted, gone, signal)
      if (wanted.size === 0 || signal.aborted) break
      await missing(wanted, gone, signal)
      if (
        wanted.size === 0 ||
        Math.abs(runtime.now() - began) >= patienceMs ||
        (!within && wanted.size === before)
      )
        break
      restMs = wanted.size < before ? 250 : Math.min(LONGEST_REST_MS, restMs * 2)
      await runtime.sleep(restMs, signal)
    }
    return gone
  }

  return {
    // One after the other: two passes would lock each other's messages.
    remove: (sequences, signal) => {
      const removed = last.then(() => remove(sequences, signal))
      last = removed.catch(() => {})
      return removed
    },
    close: async () => {
      await last
      for (const link of links) {
        const held = [...kept.values()].filter((one) => one.link === link).map(({ message }) => message)
        // All of one outcome, and nothing else of this link in the same tick: see `guardedSettler`.
        await Promise.allSettled(held.map((message) => link.receiver.abandonMessage(message)))
      }
      kept.clear()
      await Promise.all(links.splice(0).map(({ receiver }) => closeWithin(CLOSE_MS, receiver.close())))
    },
  }
}

function sequenceOf(message: ServiceBusReceivedMessage): string {
  return String(message.sequenceNumber ?? '')
}
