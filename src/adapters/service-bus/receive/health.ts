import type { SourceQueue, SourceMessage } from '../../../core/ports.ts'

/** Longer than one attempt of the client, so that readiness does not flicker during an outage. */
const TROUBLE_MS = 60_000

/** Whether this process receives messages, as its source queues report. */
export interface ReceiverHealth {
  /** The same source queue, observed. */
  watch<M extends SourceMessage>(sourceQueue: SourceQueue<M>): SourceQueue<M>
  /** A receiver could not reach the bus, or lost it. */
  trouble(): void
  /**
   * True if a receiver is open and has had no trouble for a minute, or a message has arrived since.
   */
  receiving(): boolean
}

export function receiverHealth(now: () => number): ReceiverHealth {
  let open = 0
  let troubledAt = Number.NEGATIVE_INFINITY
  return {
    watch: (sourceQueue) => ({
      open: async (onMessage) => {
        const receiver = await sourceQueue.open((message) => {
          troubledAt = Number.NEGATIVE_INFINITY
          onMessage(message)
        })
        open += 1
        let counted = true
        return {
          settle: (dispositions) => receiver.settle(dispositions),
          stopReceiving: () => receiver.stopReceiving(),
          handBack: () => receiver.handBack(),
          close: () => {
            if (counted) open -= 1
            counted = false
            return receiver.close()
          },
        }
      },
    }),
    trouble: () => (troubledAt = now()),
    receiving: () => open > 0 && Math.abs(now() - troubledAt) > TROUBLE_MS,
  }
}
