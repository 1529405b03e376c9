import type { SourceQueue, SourceMessage } from '../../core/ports.ts'

/** Longer than the client takes to give an attempt up, so that an outage is one trouble and not a flicker. */
const TROUBLE_MS = 60_000

/** Whether this process receives: what its inboxes say of themselves. */
export interface ReceiverHealth {
  /** The same inbox, watched. */
  watch<M extends SourceMessage>(inbox: SourceQueue<M>): SourceQueue<M>
  /** A receiver could not reach the bus, or lost it. */
  trouble(): void
  /** Open, and no trouble within a minute that no message has ended since. */
  receiving(): boolean
}

export function receiverHealth(now: () => number): ReceiverHealth {
  let open = 0
  let troubledAt = Number.NEGATIVE_INFINITY
  return {
    watch: (inbox) => ({
      open: async (onMessage) => {
        const receiver = await inbox.open((message) => {
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
