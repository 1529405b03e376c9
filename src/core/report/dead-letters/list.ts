import type { LedgerDeadLetterPage } from '../../ledger/port/dead-letters.ts'
import type { DeadLetterQueue } from '../../ports.ts'
import {
  type BusDeadLetterName,
  type DeadLetter,
  type DeadLetterSelection,
  fits,
  isStale,
  ledgerReason,
  nameKey,
} from './dead-letter.ts'
import { attributeOf } from './groups.ts'
import type { BusLetter } from './read-message.ts'
import type { Stores } from './stores.ts'

const PAGE = 250
/** The first page is small, so that the first row appears at once. */
const FIRST_PAGE = 20

/**
 * Yields every dead letter that fits: first each source's native queue in its own order, then the
 * ledger in the order of its events. They are not sorted by the time they died, because a queue is
 * not in that order and sorting would need all of them in memory. One page is held at a time. With
 * `after`, what comes up to it is passed over; the message itself may be gone.
 */
export async function* listDeadLetters(
  stores: Stores,
  selection: DeadLetterSelection,
  archived = false,
  after: BusDeadLetterName | null = null,
): AsyncGenerator<DeadLetter> {
  for (const { queue, from } of queuesAfter(stores.deadLetterQueues, after))
    for await (const dead of listQueue(queue, stores, from)) if (isMeant(dead, selection)) yield dead
  if (stores.ledger) yield* listLedger(stores.ledger, selection, archived)
}

function isMeant(dead: DeadLetter, selection: DeadLetterSelection): boolean {
  const { attribute = null } = selection
  return fits(dead, selection) && (attribute === null || attributeOf(dead) === attribute)
}

/** The queues that are left, each with the sequence number to begin at. */
function queuesAfter(
  queues: Stores['deadLetterQueues'],
  after: BusDeadLetterName | null,
): readonly { readonly queue: Stores['deadLetterQueues'][number]; readonly from: bigint }[] {
  const first = after === null ? 0 : queues.findIndex(({ entity }) => entity === after.entity)
  if (first < 0) return []
  return queues
    .slice(first)
    .map((queue, index) => ({ queue, from: after && index === 0 ? BigInt(after.sequence) + 1n : 0n }))
}

async function* listQueue(
  queue: Pick<DeadLetterQueue, 'peek'>,
  { read, knownEvents }: Pick<Stores, 'read' | 'knownEvents'>,
  first: bigint,
): AsyncGenerator<DeadLetter> {
  let from = first
  for (let limit = FIRST_PAGE; ; limit = PAGE) {
    const page = await queue.peek(String(from), limit)
    const letters: BusLetter[] = []
    for (const message of page) letters.push(await read(message))
    yield* knownEvents ? await markStale(letters, knownEvents) : letters
    const last = page.at(-1)
    // Ends the loop also when a bus answers with an earlier page.
    if (!last || BigInt(last.sequence) < from) return
    from = BigInt(last.sequence) + 1n
  }
}

async function markStale(
  letters: readonly BusLetter[],
  knownEvents: NonNullable<Stores['knownEvents']>,
): Promise<readonly BusLetter[]> {
  const names = letters.flatMap(({ letter }) =>
    letter.events.flatMap(({ source, id }) => (source === null || id === null ? [] : [{ source, id }])),
  )
  if (names.length === 0) return letters
  const states = new Map((await knownEvents(names)).map((known) => [nameKey(known), known.state]))
  return letters.map((dead) => ({
    ...dead,
    letter: { ...dead.letter, stale: isStale(dead.letter.events, states) },
  }))
}

async function* listLedger(
  ledger: NonNullable<Stores['ledger']>,
  selection: DeadLetterSelection,
  archived: boolean,
): AsyncGenerator<DeadLetter> {
  const { reason: _, attribute: __, ...filter } = selection
  let next: number | null = null
  let limit = FIRST_PAGE
  do {
    const page: LedgerDeadLetterPage = await ledger.listDeadLetters({ filter, archived, next, limit })
    for (const letter of page.deadLetters) {
      const dead: DeadLetter = { store: 'ledger', reason: ledgerReason(letter), letter }
      if (isMeant(dead, selection)) yield dead
    }
    next = page.next
    limit = PAGE
  } while (next !== null)
}
