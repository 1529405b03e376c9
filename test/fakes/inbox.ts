import type { Disposition, SourceQueue, SourceMessage, Receiver } from '../../src/core/ports.ts'

export interface FakeInbox extends SourceQueue {
  /**
   * Hands a message to the open receiver; it comes again when it was not settled before the
   * receiver closed.
   */
  deliver(...messages: readonly SourceMessage[]): void
  /** Rejects this many times before it opens. */
  refuse(times: number): void
  readonly opened: number
  readonly isOpen: boolean
  /** Settled messages by sequence: `complete`, or the dead-letter reason. */
  readonly settled: ReadonlyMap<string, string>
  readonly unsettled: readonly SourceMessage[]
  /** Sequences of those that were unsettled when they were handed back. */
  readonly handedBack: readonly string[]
}

/** A bus that keeps what is not settled. */
export function fakeInbox(): FakeInbox {
  let opened = 0
  let refusals = 0
  let receive: ((message: SourceMessage) => void) | null = null
  const settled = new Map<string, string>()
  const waiting: SourceMessage[] = []
  const handedBack: string[] = []

  const receiver: Receiver = {
    stopReceiving: async () => {
      receive = null
    },
    handBack: async () => {
      handedBack.push(...waiting.map(({ sequence }) => sequence))
    },
    settle: async (dispositions: readonly Disposition<SourceMessage>[]) => {
      for (const one of dispositions) {
        settled.set(one.message.sequence, one.kind === 'complete' ? 'complete' : one.reason)
        waiting.splice(waiting.indexOf(one.message), 1)
      }
    },
    close: async () => {
      receive = null
    },
  }
  return {
    open: async (onMessage) => {
      if (refusals > 0) {
        refusals -= 1
        throw new TypeError('the bus is away')
      }
      opened += 1
      receive = onMessage
      for (const message of waiting) onMessage(message)
      return receiver
    },
    deliver: (...messages) => {
      for (const message of messages) {
        waiting.push(message)
        receive?.(message)
      }
    },
    refuse: (times) => {
      refusals = times
    },
    get opened() {
      return opened
    },
    get isOpen() {
      return receive !== null
    },
    settled,
    handedBack,
    get unsettled() {
      return waiting
    },
  }
}
