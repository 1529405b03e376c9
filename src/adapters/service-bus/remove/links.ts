import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'
import { closeWithin } from '../client.ts'
import { type Settling, withSettler } from '../settle.ts'

/**
 * The most messages through one link while any of them is unsettled: the client's ring of 2,048
 * frees from its head only.
 */
const RING = 1_900
/**
 * The most open links, which bounds memory. When one more is needed, the oldest is closed; its
 * locks outlive it, as far as is known.
 */
const MOST_LINKS = 16
/**
 * The most passed-over messages whose handles are kept, so that they can be completed later or
 * handed back. The locks of older ones lapse.
 */
const MOST_KEPT = 10_000
/**
 * A wait this long without a message means that there is none: a bus that has any answers in a
 * round trip.
 */
const NOTHING_MS = 1_000
const CLOSE_MS = 5_000

export interface Link extends Settling<ServiceBusReceiver> {
  /** Since everything it brought was settled. */
  received: number
  unsettled: number
}

interface Kept {
  readonly message: ServiceBusReceivedMessage
  readonly link: Link
}

/** Receives windows of a queue from its head, and keeps what is passed over locked. */
export interface RemovalLinks {
  /**
   * The next messages, `most` of them at most; none at the end of the queue, or when `signal`
   * aborts.
   */
  receive(
    most: number,
    signal: AbortSignal,
  ): Promise<{ readonly link: Link; readonly messages: readonly ServiceBusReceivedMessage[] }>
  keep(message: ServiceBusReceivedMessage, link: Link): void
  /** Completes those that are kept. Returns the sequence numbers of those that are gone. */
  completeKept(sequences: ReadonlySet<string>): Promise<readonly string[]>
  /** Hands back what it still knows to be locked, and closes all links. */
  close(): Promise<void>
}

export function removalLinks(open: () => ServiceBusReceiver): RemovalLinks {
  const links: Link[] = []
  const kept = keptMessages()

  const drop = (link: Link | undefined): void => {
    if (!link) return
    links.splice(links.indexOf(link), 1)
    kept.forget(link)
    void closeWithin(CLOSE_MS, link.receiver.close())
  }

  const linkWithRoom = (): Link => {
    const newest = links.at(-1)
    if (newest && newest.unsettled === 0) newest.received = 0
    if (newest && newest.received < RING && !newest.receiver.isClosed) return newest
    const link = { ...withSettler(open()), received: 0, unsettled: 0 }
    links.push(link)
    if (links.length > MOST_LINKS) drop(links[0])
    return link
  }

  return {
    receive: async (most, signal) => {
      const link = linkWithRoom()
      try {
        const messages = await link.receiver.receiveMessages(Math.min(most, RING - link.received), {
          maxWaitTimeInMs: NOTHING_MS,
          abortSignal: signal,
        })
        link.received += messages.length
        return { link, messages }
      } catch (error) {
        // Its credit is still granted, and what arrives for it would reach no handler.
        drop(link)
        if (signal.aborted) return { link, messages: [] }
        throw error
      }
    },
    keep: kept.add,
    completeKept: async (sequences) => {
      const gone: string[] = []
      for (const [link, found] of kept.take(sequences)) {
        const messages = found.map(({ message }) => message)
        gone.push(...(await complete(link, messages)))
      }
      return gone
    },
    close: async () => {
      for (const link of links)
        // All of one outcome, and nothing else of this link in the same tick: see `withSettler`.
        await Promise.allSettled(kept.on(link).map((message) => link.receiver.abandonMessage(message)))
      kept.clear()
      await Promise.all(links.splice(0).map(({ receiver }) => closeWithin(CLOSE_MS, receiver.close())))
    },
  }
}

/** The messages that were passed over and are still locked, oldest first. */
interface KeptMessages {
  add(message: ServiceBusReceivedMessage, link: Link): void
  /** Takes out those that are kept, by the link that they can be completed through. */
  take(sequences: ReadonlySet<string>): ReadonlyMap<Link, readonly Kept[]>
  on(link: Link): readonly ServiceBusReceivedMessage[]
  forget(link: Link): void
  clear(): void
}

function keptMessages(): KeptMessages {
  const kept = new Map<string, Kept>()
  return {
    add: (message, link) => {
      const sequence = sequenceOf(message)
      kept.delete(sequence)
      kept.set(sequence, { message, link })
      link.unsettled += 1
      if (kept.size <= MOST_KEPT) return
      const oldest = kept.keys().next()
      if (!oldest.done) kept.delete(oldest.value)
    },
    take: (sequences) => {
      const found: Kept[] = []
      for (const sequence of sequences) {
        const one = kept.get(sequence)
        if (!one) continue
        kept.delete(sequence)
        one.link.unsettled -= 1
        found.push(one)
      }
      return Map.groupBy(found, ({ link }) => link)
    },
    on: (link) => [...kept.values()].filter((one) => one.link === link).map(({ message }) => message),
    forget: (link) => {
      for (const [sequence, one] of kept) if (one.link === link) kept.delete(sequence)
    },
    clear: () => kept.clear(),
  }
}

/**
 * Completes messages, and returns the sequence numbers of those that are gone. A message whose lock
 * is lost comes again.
 */
export async function complete(
  link: Link,
  messages: readonly ServiceBusReceivedMessage[],
): Promise<readonly string[]> {
  if (messages.length === 0) return []
  const settled = await link.settle(messages.map((native) => ({ kind: 'complete', message: { native } })))
  return settled.flatMap(({ message, error }) => (error === null ? [sequenceOf(message)] : []))
}

export function sequenceOf(message: ServiceBusReceivedMessage): string {
  return String(message.sequenceNumber ?? '')
}
