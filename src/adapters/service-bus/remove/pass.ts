import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import { complete, type RemovalLinks, sequenceOf } from './links.ts'

/** The sequence numbers that a removal is about. */
export interface Wanted {
  /** Not removed yet. */
  readonly wanted: Set<string>
  readonly gone: Set<string>
}

export function markGone({ wanted, gone }: Wanted, sequences: Iterable<string>): void {
  for (const sequence of sequences) {
    wanted.delete(sequence)
    gone.add(sequence)
  }
}

/** The most messages received at once. */
const WINDOW = 1_000
/**
 * Sequence numbers of a partitioned entity carry the partition above this, and rise only inside it.
 */
const ONE_PARTITION = 2n ** 48n

/**
 * Receives from the head of the queue until all wanted messages are found or the queue ends, and
 * completes only those. Returns false when the same messages came again before that.
 */
export async function passThrough(
  links: RemovalLinks,
  removal: Wanted,
  signal: AbortSignal,
): Promise<boolean> {
  const { wanted } = removal
  const passed = new Set<string>()
  const farthest = [...wanted].map(BigInt).reduce((most, one) => (one > most ? one : most), 0n)
  let size = Math.min(wanted.size, WINDOW)
  while (wanted.size > 0 && !signal.aborted) {
    const { link, messages } = await links.receive(size, signal)
    if (messages.length === 0) return true
    const chosen: ServiceBusReceivedMessage[] = []
    let again = 0
    let beyond = 0
    for (const message of messages) {
      const sequence = sequenceOf(message)
      if (wanted.has(sequence)) {
        chosen.push(message)
        continue
      }
      if (passed.has(sequence)) again += 1
      if (BigInt(sequence) > farthest && BigInt(sequence) < ONE_PARTITION) beyond += 1
      passed.add(sequence)
      links.keep(message, link)
    }
    markGone(removal, await complete(link, chosen))
    if (again === messages.length) return false
    if (beyond === messages.length) return true
    if (chosen.length < messages.length / 2) size = Math.min(WINDOW, size * 2)
  }
  return true
}
