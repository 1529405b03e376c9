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

/** Compares whole numbers that may be too large for a double. */
const isFrom = (sequence: string, from: string): boolean =>
  sequence.length === from.length ? sequence >= from : sequence.length > from.length

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
  const remove = (going: ReadonlySet<string>): void => {
    if (going.size === 0) return
    let kept = 0
    for (const one of own) if (!going.has(one.sequence)) own[kept++] = one
    own.length = kept
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
      const start = own.findIndex(({ sequence }) => isFrom(sequence, from))
      const page = start < 0 ? [] : own.slice(start, start + limit)
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
        const going = new Set([...sequences].filter((one) => !gone.has(one) && !locked.has(one)))
        remove(going)
        for (const sequence of going) gone.add(sequence)
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
