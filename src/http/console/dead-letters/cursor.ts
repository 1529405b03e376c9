import type { NewestDeadLettersCursor } from '../../../core/ledger/port/dead-letters.ts'
import {
  type BusDeadLetterName,
  type DeadLetter,
  parseDeadLetterId,
} from '../../../core/report/dead-letters/dead-letter.ts'
import { isNumber, type Query } from '../page.ts'

/** Where a further page of dead letters begins: behind the last one of the page before. */
export type ListCursor = ({ readonly store: 'ledger' } & NewestDeadLettersCursor) | BusDeadLetterName

/** The parts of an address that say where its page begins. */
export function cursorFields(next: ListCursor | null): Readonly<Record<string, string | number>> {
  if (next === null) return {}
  if (next.store === 'ledger') return { at: next.diedAt, next: next.seq }
  return { after: `${next.entity}#${next.sequence}` }
}

/** `null` for the first page. */
export function cursorIn(query: Query): ListCursor | 'misread' | null {
  const [at, seq, after] = [query('at'), query('next'), query('after')]
  if ([at, seq].some((one) => one !== null && !isNumber(one))) return 'misread'
  if (after !== null) return busCursor(after) ?? 'misread'
  return at === null || seq === null ? null : { store: 'ledger', diedAt: Number(at), seq: Number(seq) }
}

/** `null` behind a dead letter of the ledger, whose pages say themselves where the next one begins. */
export function cursorBehind(dead: DeadLetter): ListCursor | null {
  if (dead.store === 'ledger') return null
  const { entity, sequence } = dead.letter.message
  return { store: 'bus', entity, sequence }
}

function busCursor(id: string): BusDeadLetterName | null {
  const name = parseDeadLetterId(id)
  return name?.store === 'bus' ? name : null
}
