import type { Ports } from '../../../../src/core/connector/assembly.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import type { SourceMessage } from '../../../../src/core/ports.ts'

/** Carries out an effect, with what stands around it. */
export type Around = <T>(effect: string, act: () => Promise<T>) => Promise<T>

/** Methods of the ledger that change nothing, by how they begin. */
const READS = /^(?:read|list|find|count|describe|ping|close)/

/**
 * The ports of a connector, with `around` about each call that has an effect outside the process.
 */
export function withEffects<M extends SourceMessage>(ports: Ports<M>, around: Around): Ports<M> {
  const { sourceQueue, committer, provisioning, outcomes, copies, witness, channels } = ports
  return {
    ...ports,
    ledger: withCommits(ports.ledger, around),
    sourceQueue: {
      open: async (onMessage) => {
        const receiver = await sourceQueue.open(onMessage)
        return {
          settle: (dispositions) => around('bus.settle', () => receiver.settle(dispositions)),
          stopReceiving: () => receiver.stopReceiving(),
          handBack: () => receiver.handBack(),
          close: () => receiver.close(),
        }
      },
    },
    ...(committer && {
      committer: {
        read: async (messages) => {
          const { origins, commit } = await committer.read(messages)
          return { origins, commit: (backlog) => around('ledger.recordMessages', () => commit(backlog)) }
        },
      },
    }),
    provisioning: {
      upload: (...given) => around('entra.bulkUpload', () => provisioning.upload(...given)),
    },
    outcomes: { send: (messages) => around('bus.publish', () => outcomes.send(messages)) },
    ...(copies && {
      copies: {
        sender: { send: (messages) => around('bus.copy', () => copies.sender.send(messages)) },
        queue: {
          entity: copies.queue.entity,
          takesCopies: copies.queue.takesCopies,
          peek: (from, limit) => copies.queue.peek(from, limit),
          resend: (messages) => around('bus.resend', () => copies.queue.resend(messages)),
          remove: (sequences, signal) => around('bus.remove', () => copies.queue.remove(sequences, signal)),
          close: () => copies.queue.close(),
        },
      },
    }),
    ...(witness && {
      witness: { compare: (work) => around('bus.witness', () => witness.compare(work)) },
    }),
    ...(channels && {
      channels: new Map(
        [...channels].map(([name, channel]) => [
          name,
          {
            send: (message, cut) => around('channel.send', () => channel.send(message, cut)),
            probe: (cut) => channel.probe(cut),
          },
        ]),
      ),
    }),
  }
}

function withCommits(ledger: Ledger, around: Around): Ledger {
  return new Proxy(ledger, {
    get: (target, name, receiver) => {
      const method: unknown = Reflect.get(target, name, receiver)
      if (typeof method !== 'function' || typeof name !== 'string' || READS.test(name)) return method
      return (...given: readonly unknown[]) =>
        around(`ledger.${name}`, () => Reflect.apply(method, target, given) as Promise<unknown>)
    },
  })
}
