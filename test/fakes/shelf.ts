import type { DeadLetterQueue, ResendCopy, PeekedMessage } from '../../src/core/ports.ts'
import { day } from './events.ts'

/** A message as a dead-letter queue shows it. */
export function shelved(sequence: number | string, more: Partial<PeekedMessage> = {}): PeekedMessage {
  return {
    entity: 'hr-events',
    sequence: String(sequence),
    enqueuedAt: day(1),
    contentType: 'application/json',
    text: `{"n":${sequence}}`,
    properties: {},
    messageId: `m-${sequence}`,
    sessionId: null,
    deliveryCount: 1,
    reason: 'BodyNotJson',
    description: 'the body is not JSON; send a CloudEvent as JSON',
    ...more,
  }
}

export interface FakeShelf extends DeadLetterQueue {
  /** Its messages, ascending. Tests add and remove them here. */
  readonly messages: PeekedMessage[]
  /** Copies in the order they were sent. */
  readonly copies: ResendCopy[]
  /** Sequence numbers that another process keeps locked. */
  readonly locked: Set<string>
  /** Messages shown so far. */
  readonly shown: number
  closed: boolean
}

/**
 * A dead-letter queue in memory. Removal waits for locked messages, one turn of the event loop at a
 * time.
 */
export function fakeShelf(
  messages: readonly PeekedMessage[] = [],
  takesCopies = true,
  entity = 'hr-events',
): FakeShelf {
  let shown = 0
  const own = [...messages]
  const copies: ResendCopy[] = []
  const locked = new Set<string>()
  const remove = (sequence: string): void => {
    const at = own.findIndex((one) => one.sequence === sequence)
    if (at >= 0) own.splice(at, 1)
  }
  const shelf: FakeShelf = {
    entity,
    takesCopies,
    messages: own,
    copies,
    locked,
    closed: false,
    get shown() {
      return shown
    },
    peek: async (from, limit) => {
      const start = BigInt(from)
      const page = own.filter(({ sequence }) => BigInt(sequence) >= start).slice(0, limit)
      shown += page.length
      return page
    },
    resend: async (sent) => {
      if (!takesCopies) throw new TypeError('this shelf takes no copies')
      copies.push(...sent)
    },
    remove: async (sequences, signal) => {
      const gone = new Set<string>()
      for (;;) {
        for (const sequence of sequences) {
          if (locked.has(sequence)) continue
          remove(sequence)
          gone.add(sequence)
        }
        if (gone.size === sequences.size || signal.aborted) return gone
        await new Promise(setImmediate)
      }
    },
    close: async () => {
      shelf.closed = true
    },
  }
  return shelf
}
