import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import type { DeadLetterQueue, PeekedMessage, Sender } from '../../../../src/core/ports.ts'
import type { Clock, Instance } from '../clock.ts'

/** What happens to the queue of copies. */
export const COPY_FAULTS = [
  'half sent', // and the sender is told that the rest failed
  'answer lost', // all sent, and the sender is told that they were not
  'half removed',
  'one taken', // by another program, for good
  'one more', // which is no copy
] as const
export type CopyFault = (typeof COPY_FAULTS)[number]

/** The queue for copies of dead letters, which others read and write too. */
export interface CopyQueue {
  portsOf(instance: Instance): { readonly sender: Sender<string>; readonly queue: DeadLetterQueue }
  fault(fault: CopyFault): void
  /** What is not as it has to be once every dead letter is copied and the queue was swept. */
  atRest(ledger: Pick<Ledger, 'listDeadLetters'>): Promise<readonly string[]>
}

const OTHER = 'other'

export function copyQueueOn(clock: Clock): CopyQueue {
  const messages = new Map<string, PeekedMessage>()
  const taken = new Set<string>()
  const faults: CopyFault[] = []
  let others = 0
  let sequences = 0

  const put = (messageId: string, text: string, properties: PeekedMessage['properties']): void => {
    const sequence = String(++sequences)
    messages.set(sequence, {
      entity: 'hr-dead-letters',
      sequence,
      enqueuedAt: clock.now(),
      messageId,
      sessionId: null,
      contentType: 'application/json',
      text,
      properties,
      deliveryCount: 0,
      reason: null,
      description: null,
    })
  }
  const fails = (...expected: readonly CopyFault[]): CopyFault | null => {
    const [next] = faults
    if (next === undefined || !expected.includes(next)) return null
    faults.shift()
    return next
  }
  const half = <T>(all: readonly T[]): readonly T[] => all.slice(0, Math.ceil(all.length / 2))
  const sender: Sender<string> = {
    send: async (copies) => {
      await clock.sleep(5)
      const failing = fails('half sent', 'answer lost')
      const sent = failing === 'half sent' ? copies.slice(0, copies.length / 2) : copies
      for (const { id, body, properties } of sent) put(id, body, properties)
      if (failing !== null) throw new TypeError('the bus is away')
    },
  }
  const queue: DeadLetterQueue = {
    entity: 'hr-dead-letters',
    takesCopies: true,
    peek: async (from, limit) => {
      await clock.sleep(5)
      return [...messages.values()].filter(({ sequence }) => BigInt(sequence) >= BigInt(from)).slice(0, limit)
    },
    resend: async () => {},
    remove: async (sequences) => {
      await clock.sleep(5)
      const failing = fails('half removed')
      const gone = new Set(failing === null ? sequences : half([...sequences]))
      for (const sequence of gone) messages.delete(sequence)
      if (failing !== null) throw new TypeError('the bus is away')
      return gone
    },
    close: async () => {},
  }
  return {
    portsOf: (instance) => ({
      sender: { send: (copies) => instance.through(() => sender.send(copies)) },
      queue: {
        ...queue,
        peek: (from, limit) => instance.through(() => queue.peek(from, limit)),
        remove: (sequences, signal) => instance.through(() => queue.remove(sequences, signal)),
      },
    }),
    fault: (fault) => {
      const [first] = messages.values()
      if (fault === 'one more') put(`${OTHER} ${++others}`, '{}', {})
      else if (fault !== 'one taken') faults.push(fault)
      else if (first && !first.messageId?.startsWith(OTHER)) {
        messages.delete(first.sequence)
        taken.add(nameIn(first))
      }
    },
    atRest: async (ledger) => {
      const filter = { code: null, type: null, employeeId: null, since: null, until: null }
      const { deadLetters } = await ledger.listDeadLetters({
        filter,
        archived: false,
        next: null,
        limit: 500,
      })
      const should = new Set(deadLetters.map(({ seq, revision }) => `dl-${seq}.${revision}`))
      const isOther = ({ messageId }: PeekedMessage): boolean => messageId?.startsWith(OTHER) === true
      const copies = [...messages.values()].filter((message) => !isOther(message)).map(nameIn)
      return [
        ...[...should]
          .filter((name) => !copies.includes(name) && !taken.has(name))
          .map((name) => `no copy of ${name}`),
        ...copies.filter((name) => !should.has(name)).map((name) => `a copy of ${name}, which is not dead`),
        ...copies
          .filter((name, index) => copies.indexOf(name) !== index)
          .map((name) => `two copies of ${name}`),
        ...(messages.size - copies.length === others ? [] : ['a message that is no copy was removed']),
      ]
    },
  }
}

const nameIn = ({ properties }: PeekedMessage): string =>
  `${String(properties['rollcall-dead-letter'])}.${String(properties['rollcall-revision'])}`
