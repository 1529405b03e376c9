import { EVENT_REASONS } from '../../ledger/event-reason.ts'
import type { LedgerDeadLetter } from '../../ledger/port/dead-letters.ts'
import { REJECTED_FIELD } from '../../ports.ts'
import { type DeadLetter, type DeadLetterReason, deadLetterId, factsOf } from './dead-letter.ts'

/** Dead letters that failed in the same way. */
export interface DeadLetterGroup {
  readonly fingerprint: string
  readonly reason: DeadLetterReason
  readonly code: string
  readonly attribute: string | null
  readonly count: number
  readonly firstAt: number
  readonly lastAt: number
  /** The id of the newest one. */
  readonly example: string
  readonly stores: readonly DeadLetter['store'][]
}

/**
 * Further groups are counted together as `others`, so that codes that differ in every message do
 * not fill the memory.
 */
const MOST_GROUPS = 1_000
const OTHERS = 'others'

/** Groups by reason, code and attribute (see `attributeOf`). The largest group comes first. */
export async function groupDeadLetters(
  letters: AsyncIterable<DeadLetter>,
): Promise<readonly DeadLetterGroup[]> {
  const groups = new Map<string, DeadLetterGroup>()
  for await (const dead of letters) {
    const { code, at } = factsOf(dead)
    const attribute = attributeOf(dead)
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
        stores: [dead.store],
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
      stores: there.stores.includes(dead.store) ? there.stores : [...there.stores, dead.store],
    })
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || (a.fingerprint < b.fingerprint ? -1 : 1))
}

export function fingerprint(reason: DeadLetterReason, code: string, attribute: string | null): string {
  return [reason, code, ...(attribute === null ? [] : [attribute])].join('/')
}

/**
 * The attribute a dead letter is about, so that the same failure of two attributes makes two
 * groups. Intake names the field in a property of the message. In the ledger the detail is a list
 * of names, after a mapping failure `target: why`, and for an employee who could not be read the
 * code of that failure. Of an operation without an answer it names no attribute.
 */
export function attributeOf(dead: DeadLetter): string | null {
  if (dead.store === 'bus') {
    const field = dead.letter.message.properties[REJECTED_FIELD]
    return typeof field === 'string' && field !== '' ? field : null
  }
  return attributeIn(dead.letter)
}

/** The same for a dead letter of the ledger. */
export function attributeIn({ code, detail }: Pick<LedgerDeadLetter, 'code' | 'detail'>): string | null {
  if (code === EVENT_REASONS.noOutcome) return null
  return code === EVENT_REASONS.mappingFailed ? (detail?.split(': ', 1)[0] ?? null) : detail
}
