import { shellWord } from '../../../core/explain/shell-word.ts'
import { DAY_MS } from '../../../core/runtime.ts'
import type { DeadLetter } from '../../../core/report/dead-letters/dead-letter.ts'
import type { Fields } from '../acts/confirm.ts'
import { hrefOf } from '../list.ts'
import type { Query } from '../page.ts'
import { cursorFields, type ListCursor } from './cursor.ts'

/**
 * What the address says; `null` for what it leaves out. The same filter selects what an action is
 * done to.
 */
export interface DeadLetterFilter {
  readonly store: DeadLetter['store']
  readonly code: string | null
  /** What it is about, of those with one code. */
  readonly attribute: string | null
  readonly age: Age
}

/** When they died. */
export const AGES = ['any', 'day', 'week', 'older'] as const
export type Age = (typeof AGES)[number]
export const AGE_NAMES: Readonly<Record<Age, string>> = {
  any: 'any age',
  day: 'last day',
  week: 'last 7 days',
  older: 'older than 7 days',
}

/** `null` when the address says what no link says. */
export function filterIn(query: Query): DeadLetterFilter | null {
  const [store, age] = [query('store') ?? 'ledger', query('age') ?? 'any']
  if ((store !== 'ledger' && store !== 'bus') || !isAge(age)) return null
  return { store, code: query('code'), attribute: query('attribute'), age }
}

const isAge = (text: string): text is Age => AGES.some((one) => one === text)

/** The instants between which they died. */
export function spanOf(
  age: Age,
  now: number,
): { readonly since: number | null; readonly until: number | null } {
  switch (age) {
    case 'any':
      return { since: null, until: null }
    case 'day':
      return { since: now - DAY_MS, until: null }
    case 'week':
      return { since: now - 7 * DAY_MS, until: null }
    case 'older':
      return { since: null, until: now - 7 * DAY_MS }
  }
}

export function deadLettersHref(
  { store, code, attribute, age }: DeadLetterFilter,
  next: ListCursor | null = null,
): string {
  return hrefOf('/dead-letters', {
    store,
    code,
    attribute,
    age: age === 'any' ? null : age,
    ...cursorFields(next),
  })
}

export const deadLetterHref = (id: string): string => hrefOf('/dead-letter', { id })

const AGE_OPTIONS: Readonly<Record<Age, string>> = {
  any: '',
  day: ' --since 1d',
  week: ' --since 7d',
  older: ' --until 7d',
}

/** The options of `rollcall` that select the same; it cannot select by attribute. */
export function optionsOf({ store, code, age }: DeadLetterFilter): string {
  return `--store ${store}${code === null ? '' : ` --code ${shellWord(code)}`}${AGE_OPTIONS[age]}`
}

/** The fields of a form that does something to what the filter selects. */
export function formFieldsOf({ store, code, attribute, age }: DeadLetterFilter): Fields {
  const since = age === 'day' ? '1d' : age === 'week' ? '7d' : null
  return { store, code, attribute, since, until: age === 'older' ? '7d' : null }
}
