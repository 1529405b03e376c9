import type { Ledger } from '../../ledger/ledger.ts'
import type {
  LedgerDeadLetter,
  NewestDeadLettersCursor,
  NewestDeadLettersPage,
  NewestDeadLettersQuery,
} from '../../ledger/port/dead-letters.ts'
import { attributeIn } from './groups.ts'

export interface NewestQuery extends NewestDeadLettersQuery {
  /** Only those that are about this attribute; `null`: about any. */
  readonly attribute: string | null
}

export interface NewestPage {
  readonly deadLetters: readonly LedgerDeadLetter[]
  /** Where the next page begins; `null` on the last one. */
  readonly next: NewestDeadLettersCursor | null
  /** The page ends early, because too many were read without filling it. */
  readonly capped: boolean
}

/** Read in one transaction. */
const AT_ONCE = 250
/** The most that one page reads whose attribute may be another one. */
const MOST_LOOKED_AT = 1_000

/** A page of dead letters of the ledger that are not archived, the last to die first. */
export async function newestDeadLetters(
  ledger: Pick<Ledger, 'listNewestDeadLetters'>,
  { attribute, ...query }: NewestQuery,
): Promise<NewestPage> {
  if (attribute === null) return { ...(await ledger.listNewestDeadLetters(query)), capped: false }
  const found: LedgerDeadLetter[] = []
  let next = query.next
  for (let looked = 0; looked < MOST_LOOKED_AT; looked += AT_ONCE) {
    const page: NewestDeadLettersPage = await ledger.listNewestDeadLetters({ ...query, next, limit: AT_ONCE })
    for (const letter of page.deadLetters) {
      if (attributeIn(letter) === attribute) found.push(letter)
      next = { diedAt: letter.diedAt, seq: letter.seq }
      if (found.length === query.limit) return { deadLetters: found, next, capped: false }
    }
    if (page.next === null) return { deadLetters: found, next: null, capped: false }
  }
  return { deadLetters: found, next, capped: true }
}
