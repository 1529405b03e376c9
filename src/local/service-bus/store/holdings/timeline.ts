import { Heap } from '../structures/heap.ts'
import type { StoredMessage } from '../message.ts'

/**
 * What is to happen to messages at a given time: which scheduled message is due next, which message
 * expires next.
 */
export class Timeline {
  private readonly expiring = new Heap<StoredMessage>((message) => message.expiresAt)
  private readonly scheduled = new Heap<StoredMessage>((message) => message.envelope.scheduledAt ?? 0)

  /**
   * `live` is how many messages the queue holds: entries of messages long gone are swept out when
   * they outnumber those.
   */
  expires(message: StoredMessage, live: number): void {
    this.expiring.push(message)
    if (this.expiring.size > 1024 && this.expiring.size > live * 2)
      this.expiring.prune((entry) => entry.state !== 'gone')
  }

  waits(message: StoredMessage): void {
    this.scheduled.push(message)
  }

  /** Takes the next scheduled message that is due; undefined when none is. */
  takeDue(now: number): StoredMessage | undefined {
    return takeFirst(
      this.scheduled,
      (message) => message.state !== 'scheduled',
      (message) => (message.envelope.scheduledAt ?? 0) <= now,
    )
  }

  /**
   * Takes the next message whose time to live is over, whatever its state; undefined when none is.
   */
  takeExpired(now: number): StoredMessage | undefined {
    return takeFirst(
      this.expiring,
      (message) => message.state === 'gone',
      (message) => message.expiresAt <= now,
    )
  }
}

function takeFirst(
  heap: Heap<StoredMessage>,
  stale: (message: StoredMessage) => boolean,
  due: (message: StoredMessage) => boolean,
): StoredMessage | undefined {
  for (let first = heap.peek(); first !== undefined; first = heap.peek()) {
    if (!stale(first) && !due(first)) return undefined
    heap.pop()
    if (!stale(first)) return first
  }
  return undefined
}
