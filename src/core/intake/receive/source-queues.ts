import type { SourceQueue, SourceMessage, Receiver } from '../../ports.ts'

/**
 * Several queues and subscriptions as one source queue: their messages share micro-batches, and
 * each is settled where it came from. When one of them cannot be opened, those that were are closed
 * again.
 */
export function joinSourceQueues<M extends SourceMessage>(
  sourceQueues: readonly SourceQueue<M>[],
): SourceQueue<M> {
  const [only, ...others] = sourceQueues
  if (only && others.length === 0) return only
  return {
    open: async (onMessage) => {
      const from = new WeakMap<M, Receiver<M>>()
      const receivers: Receiver<M>[] = []
      const closeAll = async (): Promise<void> => {
        await Promise.all(receivers.map((receiver) => receiver.close()))
      }
      try {
        for (const sourceQueue of sourceQueues) {
          const early: M[] = []
          let receiver: Receiver<M> | null = null
          const take = (message: M): void => {
            // A message may arrive before `open` resolves.
            if (receiver === null) early.push(message)
            else {
              from.set(message, receiver)
              onMessage(message)
            }
          }
          receiver = await sourceQueue.open(take)
          receivers.push(receiver)
          for (const message of early) take(message)
        }
      } catch (error) {
        await closeAll()
        throw error
      }
      return {
        settle: async (dispositions) => {
          const groups = Map.groupBy(dispositions, ({ message }) => from.get(message))
          await Promise.all([...groups].map(async ([receiver, group]) => receiver?.settle(group)))
        },
        stopReceiving: async () => {
          await Promise.all(receivers.map((receiver) => receiver.stopReceiving()))
        },
        handBack: async () => {
          await Promise.all(receivers.map((receiver) => receiver.handBack()))
        },
        close: closeAll,
      }
    },
  }
}
