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

/**
 * Groups by reason, code and the attribute that the detail names. The largest group comes first.
 */
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

const PATH = String.raw`[\p{L}_$][\p{L}\p{N}_$:.-]*`
const LIST = new RegExp(`^${PATH}(?:, ${PATH})*$`, 'u')
const LEADING = new RegExp(
  String.raw`^(?:item \d+: )?((?:\[\d+\]\.)?${PATH}(?:\[\d+\][.\p{L}\p{N}_]*)*)(?: is | has |: )`,
  'u',
)
/** Words that begin a sentence and are not attributes. */
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

/**
 * The attribute that a detail is about: a list of names, or the name before a verb. Array indexes
 * are left out.
 */
export function attributeIn(detail: string | null): string | null {
  if (detail === null) return null
  const named = LIST.test(detail) ? detail : (LEADING.exec(detail)?.[1] ?? null)
  if (named === null || NO_NAMES.has(named.toLowerCase())) return null
  return named.replaceAll(/\[\d+\]/gu, '[]')
}
