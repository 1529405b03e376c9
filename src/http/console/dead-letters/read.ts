import { setTimeout as later } from 'node:timers/promises'
import { withStoresBeside } from '../../../compose/dead-letters/stores.ts'
import type { Config } from '../../../config/load.ts'
import { RollcallError } from '../../../core/errors.ts'
import type { DeadLetterSample } from '../../../core/ledger/port/dead-letters.ts'
import { type DeadLetter, ledgerReason } from '../../../core/report/dead-letters/dead-letter.ts'
import { attributeOf } from '../../../core/report/dead-letters/groups.ts'
import { listDeadLetters } from '../../../core/report/dead-letters/list.ts'
import { newestDeadLetters } from '../../../core/report/dead-letters/newest.ts'
import type { ConsoleLedger } from '../context.ts'
import { counted } from '../layout.ts'
import { ROWS } from '../page.ts'
import { COUNTED, deadFigure } from '../../../core/history/figures.ts'
import { levelsOf, sinceOf, SPANS, stepsOf } from '../../../core/history/series.ts'
import { cursorBehind, type ListCursor } from './cursor.ts'
import { type DeadLetterFilter, spanOf } from './filter.ts'

export interface DeadLetterList {
  readonly letters: readonly DeadLetter[]
  /** `null` on the last page. */
  readonly next: ListCursor | null
  /** What to know about the list: it was cut, or the bus could not be read; `null` for nothing. */
  readonly said: string | null
  /** What those with the code have in common; `null` without a code, and on the bus. */
  readonly sample: DeadLetterSample | null
}

interface Asking {
  readonly config: Config
  readonly now: number
  /** `null` for the first page. */
  readonly next: ListCursor | null
}

/** How many of the newest dead letters of a code details and replays are counted in. */
export const SAMPLE = 2_000

export function readList(
  ledger: ConsoleLedger,
  filter: DeadLetterFilter,
  asking: Asking,
): Promise<DeadLetterList> {
  return filter.store === 'bus' ? readBus(ledger, filter, asking) : readLedger(ledger, filter, asking)
}

async function readLedger(
  ledger: ConsoleLedger,
  { code, attribute, age }: DeadLetterFilter,
  { now, next }: Asking,
): Promise<DeadLetterList> {
  const after = next?.store === 'ledger' ? next : null
  const query = { code, attribute, ...spanOf(age, now), next: after, limit: ROWS }
  const [page, sample] = await Promise.all([
    newestDeadLetters(ledger, query),
    code === null ? null : ledger.describeDeadLetters(code, SAMPLE),
  ])
  return {
    letters: page.deadLetters.map((letter) => ({ store: 'ledger', reason: ledgerReason(letter), letter })),
    next: page.next && { store: 'ledger', ...page.next },
    said: page.capped ? 'The search stopped after 1,000 dead letters without filling a page.' : null,
    sample,
  }
}

/** The most messages that one page reads whose attribute may be another one. */
const MOST_MESSAGES = 500
const BUS_MS = 4_000

/** Peeks, so nothing is locked or changed. A bus that does not answer in time is said so. */
async function readBus(
  ledger: ConsoleLedger,
  filter: DeadLetterFilter,
  { config, now, next }: Asking,
): Promise<DeadLetterList> {
  const after = next?.store === 'bus' ? next : null
  const over = new AbortController()
  try {
    const reading = withStoresBeside(config, { ledger, store: 'bus' }, (stores) =>
      pageOf(listDeadLetters(stores, selectionOf(filter, now), false, after), filter),
    )
    const late = later(BUS_MS, null, { signal: over.signal })
    return (await Promise.race([reading, late.catch(() => null)])) ?? unread('it does not answer in time')
  } catch (error) {
    return unread(error instanceof RollcallError ? error.message : 'it failed')
  } finally {
    over.abort()
  }
}

const selectionOf = ({ code, age }: DeadLetterFilter, now: number) => ({
  reason: null,
  code,
  type: null,
  employeeId: null,
  ...spanOf(age, now),
})

const unread = (why: string): DeadLetterList => ({
  letters: [],
  next: null,
  said: `The bus could not be read: ${why}. rollcall check tests it.`,
  sample: null,
})

async function pageOf(
  all: AsyncIterable<DeadLetter>,
  { attribute }: DeadLetterFilter,
): Promise<DeadLetterList> {
  const letters: DeadLetter[] = []
  let last: DeadLetter | null = null
  let looked = 0
  for await (const dead of all) {
    if (last !== null && (letters.length === ROWS || looked === MOST_MESSAGES)) {
      const said =
        letters.length === ROWS ? null : `${counted(looked)} messages were looked at without filling a page.`
      return { letters, next: cursorBehind(last), said, sample: null }
    }
    last = dead
    looked += 1
    if (attribute === null || attributeOf(dead) === attribute) letters.push(dead)
  }
  return { letters, next: null, said: null, sample: null }
}

/**
 * How many dead letters with the code there were, over a week; `null` without a code, and on the
 * bus.
 */
export async function readTrend(
  ledger: Pick<ConsoleLedger, 'readHistory'>,
  { store, code }: DeadLetterFilter,
  now: number,
): Promise<readonly (number | null)[] | null> {
  if (store === 'bus' || code === null) return null
  const names = { figure: deadFigure(code), always: COUNTED[0] }
  const points = await ledger.readHistory({
    figures: [names.figure, names.always],
    since: sinceOf('week', now),
    stepMs: SPANS.week.stepMs,
  })
  return levelsOf(points, names, stepsOf('week', now))
}
