import type { Fact } from './fact.ts'
import type { Selection } from './log-query.ts'
import { createSlices } from '../support/slices.ts'

export interface Page {
  readonly facts: readonly Fact[]
  /** Where the next page begins; missing on the last one. */
  readonly next?: number
  /** The position of the last fact of the page. */
  readonly last?: number
}

export interface PageRequest {
  readonly selection: Selection
  readonly top: number
  readonly order: 'newest' | 'oldest'
  /** From the page before. */
  readonly cursor?: number
  readonly now: number
}

/**
 * The provisioning log: facts in the order they happened, found by position, time or the user's
 * externalId without looking at the rest.
 */
export interface Log {
  /** `at` must not be earlier than that of the last fact. */
  append(fact: Fact): void
  /**
   * A page of the records that have appeared by `now`. Gives way to other work while it searches.
   */
  page(request: PageRequest): Promise<Page>
  /** Forgets what happened before `at`. */
  forget(at: number): void
  all(): IterableIterator<Fact>
  readonly size: number
}

/** The facts, the oldest first, and where to find those of a user. */
interface Entries {
  facts: Fact[]
  /** The position of `facts[0]`: positions never change, also when the oldest are forgotten. */
  base: number
  /** The positions of each user's facts, by externalId. */
  readonly users: Map<string, number[]>
}

export function createLog(): Log {
  const entries: Entries = { facts: [], base: 0, users: new Map() }
  return {
    append: (fact) => append(entries, fact),
    page: (request) => readPage(entries, request),
    forget: (at) => forget(entries, at),
    all: () => entries.facts.values(),
    get size() {
      return entries.facts.length
    },
  }
}

function append({ facts, base, users }: Entries, fact: Fact): void {
  const position = base + facts.length
  facts.push(fact)
  const positions = users.get(fact.externalId)
  if (positions === undefined) users.set(fact.externalId, [position])
  else positions.push(position)
}

async function readPage(entries: Entries, request: PageRequest): Promise<Page> {
  const found: Fact[] = []
  const slices = createSlices()
  let looked = 0
  let last: number | undefined
  for (const position of candidates(entries, request)) {
    // The oldest may be forgotten while the search gives way to other work.
    const fact = entries.facts[position - entries.base]
    if (fact !== undefined && fact.visibleAt <= request.now && request.selection.matches(fact)) {
      if (found.length === request.top)
        return { facts: found, next: position, ...(last === undefined ? {} : { last }) }
      found.push(fact)
      last = position
    }
    looked += 1
    if (looked % 1024 === 0) await slices.pause()
  }
  return { facts: found }
}

/** The candidates in order, from the cursor on, as positions. */
function* candidates(
  { facts, base, users }: Entries,
  { selection, order, cursor }: PageRequest,
): Generator<number> {
  const { externalId, from, to } = selection.hints
  const first = base + search(facts.length, (index) => (facts[index]?.at ?? Infinity) >= from)
  const last = base + search(facts.length, (index) => (facts[index]?.at ?? Infinity) > to) - 1
  const [low, high] =
    order === 'newest'
      ? [first, Math.min(last, cursor ?? Infinity)]
      : [Math.max(first, cursor ?? -Infinity), last]
  if (externalId === undefined) {
    if (order === 'newest') for (let at = high; at >= low; at -= 1) yield at
    else for (let at = low; at <= high; at += 1) yield at
    return
  }
  const positions = users.get(externalId) ?? []
  const start = search(positions.length, (index) => (positions[index] ?? Infinity) >= low)
  const end = search(positions.length, (index) => (positions[index] ?? Infinity) > high)
  const slice = positions.slice(start, end)
  yield* order === 'newest' ? slice.reverse() : slice
}

function forget(entries: Entries, at: number): void {
  const { facts, base, users } = entries
  const count = search(facts.length, (index) => (facts[index]?.at ?? Infinity) >= at)
  // Moving the rest costs as much as the rest is long, so it waits until it pays.
  if (count === 0 || (count < 1000 && count * 2 < facts.length)) return
  for (const fact of facts.slice(0, count)) {
    const positions = users.get(fact.externalId)?.filter((position) => position >= base + count)
    if (positions === undefined || positions.length === 0) users.delete(fact.externalId)
    else users.set(fact.externalId, positions)
  }
  entries.facts = facts.slice(count)
  entries.base += count
}

/** The first index in `length` for which `isPast` holds. */
function search(length: number, isPast: (index: number) => boolean): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isPast(middle)) high = middle
    else low = middle + 1
  }
  return low
}
