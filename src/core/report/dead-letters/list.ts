import type { LedgerDeadLetterPage, LedgerDeadLetterQuery } from '../../ledger/port/dead-letters.ts'
import type { EventName } from '../../model.ts'
import type { DeadLetterQueue } from '../../ports.ts'
import {
  type DeadLetter,
  type DeadLetterName,
  type DeadLetterReason,
  type DeadLetterSelection,
  deadLetterId,
  factsOf,
  type EventStates,
  fits,
  isStale,
  ledgerReason,
} from './dead-letter.ts'
import type { BusLetter, ReadMessage } from './read-message.ts'

/** What the view asks of the ledger. */
export interface LedgerStore {
  listDeadLetters(query: LedgerDeadLetterQuery): Promise<LedgerDeadLetterPage>
}
/** Where dead letters are. Either may be left out. */
export interface Stores {
  readonly deadLetterQueues: readonly Pick<DeadLetterQueue, 'entity' | 'peek'>[]
  readonly read: ReadMessage
  readonly ledger: LedgerStore | null
  /** Asked once a page, where it is there, to tell which messages are stale. */
  readonly states?: (names: readonly EventName[]) => Promise<EventStates>
}

const PAGE = 250
/** The first page is small, so that the first row is there at once. */
const FIRST_PAGE = 20

/**
 * Every dead letter that fits, store by store: first each entrance's native queue in its own order, then the ledger in the order of its events. By when
 * they died would need all of them in memory, as a queue is not in that order. One page of one store is held at a time.
 */
export async function* listDeadLetters(
  homes: Stores,
  selection: DeadLetterSelection,
  archived = false,
): AsyncGenerator<DeadLetter> {
  for (const shelf of homes.deadLetterQueues)
    for await (const dead of inDeadLetterQueue(shelf, homes)) if (fits(dead, selection)) yield dead
  if (homes.ledger) yield* inLedger(homes.ledger, selection, archived)
}

async function* inDeadLetterQueue(
  shelf: Pick<DeadLetterQueue, 'peek'>,
  homes: Stores,
): AsyncGenerator<DeadLetter> {
  let from = 0n
  for (let limit = FIRST_PAGE; ; limit = PAGE) {
    const page = await shelf.peek(String(from), limit)
    const letters: BusLetter[] = []
    for (const message of page) letters.push(await homes.read(message))
    yield* homes.states ? await marked(letters, homes.states) : letters
    const last = page.at(-1)
    // A bus that does not go on would be asked without end.
    if (!last || BigInt(last.sequence) < from) return
    from = BigInt(last.sequence) + 1n
  }
}

async function marked(
  letters: readonly BusLetter[],
  statesOf: NonNullable<Stores['states']>,
): Promise<readonly BusLetter[]> {
  const names = letters.flatMap(({ letter }) =>
    letter.events.flatMap(({ source, id }) => (source === null || id === null ? [] : [{ source, id }])),
  )
  if (names.length === 0) return letters
  const states = await statesOf(names)
  return letters.map((dead) => ({
    ...dead,
    letter: { ...dead.letter, stale: isStale(dead.letter.events, states) },
  }))
}

async function* inLedger(
  ledger: LedgerStore,
  selection: DeadLetterSelection,
  archived: boolean,
): AsyncGenerator<DeadLetter> {
  const { reason: _, ...filter } = selection
  let next: number | null = null
  let limit = FIRST_PAGE
  do {
    const page: LedgerDeadLetterPage = await ledger.listDeadLetters({ filter, archived, next, limit })
    for (const letter of page.deadLetters) {
      const dead: DeadLetter = { store: 'ledger', reason: ledgerReason(letter), letter }
      if (fits(dead, selection)) yield dead
    }
    next = page.next
    limit = PAGE
  } while (next !== null)
}

/** The message of that name, when it lies on one of the shelves. */
export async function findInDeadLetterQueue(
  homes: Stores,
  { entity, sequence }: DeadLetterName & { store: 'bus' },
): Promise<DeadLetter | null> {
  const shelf = homes.deadLetterQueues.find((one) => one.entity.toLowerCase() === entity.toLowerCase())
  const [message] = (await shelf?.peek(sequence, 1)) ?? []
  return message?.sequence === sequence ? homes.read(message) : null
}

/** Dead letters that failed in the same way. */
export interface DeadLetterGroup {
  readonly fingerprint: string
  readonly reason: DeadLetterReason
  readonly code: string
  readonly attribute: string | null
  readonly count: number
  readonly firstAt: number
  readonly lastAt: number
  /** One of them, the newest. */
  readonly example: string
  readonly homes: readonly DeadLetter['store'][]
}

/** More are counted together as the last one: a code that changes with every message must not fill the memory. */
const MOST_GROUPS = 1_000
const OTHERS = 'others'

/** By reason, code, and the attribute the detail names. Most frequent first. */
export async function groupDeadLetters(
  letters: AsyncIterable<DeadLetter>,
): Promise<readonly DeadLetterGroup[]> {
  const groups = new Map<string, DeadLetterGroup>()
  for await (const dead of letters) {
    const { code, detail, at } = factsOf(dead)
    const attribute = attributeIn(detail)
    const own = fingerprint(dead.reason, code, attribute)
    const known = groups.has(own) || groups.size < MOST_GROUPS
    const key = known ? own : OTHERS
    const there = groups.get(key)
    const example = deadLetterId(dead)
    if (!there) {
      const named = known ? { code, attribute } : { code: OTHERS, attribute: null }
      groups.set(key, {
        fingerprint: key,
        reason: dead.reason,
        ...named,
        count: 1,
        firstAt: at,
        lastAt: at,
        example,
        homes: [dead.store],
      })
      continue
    }
    const newer = at >= there.lastAt
    groups.set(key, {
      ...there,
      count: there.count + 1,
      firstAt: Math.min(there.firstAt, at),
      lastAt: Math.max(there.lastAt, at),
      example: newer ? example : there.example,
      homes: there.homes.includes(dead.store) ? there.homes : [...there.homes, dead.store],
    })
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || (a.fingerprint < b.fingerprint ? -1 : 1))
}

export function fingerprint(reason: DeadLetterReason, code: string, attribute: string | null): string {
  return [reason, code, ...(attribute === null ? [] : [attribute])].join('/')
}

const PATH = String.raw`[\p{L}_$][\p{L}\p{N}_$:.-]*`
const LIST = new RegExp(`^${PATH}(?:, ${PATH})*$`, 'u')
const LEADING = new RegExp(
  String.raw`^(?:item \d+: )?((?:\[\d+\]\.)?${PATH}(?:\[\d+\][.\p{L}\p{N}_]*)*)(?: is | has |: )`,
  'u',
)
/** Words a sentence begins with. */
const NO_NAMES = new Set([
  'it',
  'the',
  'neither',
  'shape',
  'its',
  'a',
  'an',
  'message',
  'this',
  'there',
  'what',
])

/** The attribute a detail is about: a list of names, or the name before a verb. Places in a list do not count. */
export function attributeIn(detail: string | null): string | null {
  if (detail === null) return null
  const named = LIST.test(detail) ? detail : (LEADING.exec(detail)?.[1] ?? null)
  if (named === null || NO_NAMES.has(named.toLowerCase())) return null
  return named.replaceAll(/\[\d+\]/gu, '[]')
}
