import type { Disposition, SourceQueue, SourceMessage, Receiver } from '../ports.ts'

/**
 * Several queues and subscriptions as one inbox: their messages share micro-batches, and each is settled where it came from. When one of them
 * cannot be opened, those that were are closed again.
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
        for (const inbox of sourceQueues) {
          const early: M[] = []
          let receiver: Receiver<M> | null = null
          const take = (message: M): void => {
            // A message may be there before `open` has answered.
            if (receiver === null) early.push(message)
            else {
              from.set(message, receiver)
              onMessage(message)
            }
          }
          receiver = await inbox.open(take)
          receivers.push(receiver)
          for (const message of early) take(message)
        }
      } catch (error) {
        await closeAll()
        throw error
      }
      return {
        settle: async (dispositions) => {
          const groups = new Map<Receiver<M>, Disposition<M>[]>()
          for (const disposition of dispositions) {
            const receiver = from.get(disposition.message)
            if (receiver) push(groups, receiver, disposition)
          }
          await Promise.all([...groups].map(([receiver, group]) => receiver.settle(group)))
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

function push<K, V>(groups: Map<K, V[]>, key: K, value: V): void {
  const there = groups.get(key)
  if (there) there.push(value)
  else groups.set(key, [value])
}
