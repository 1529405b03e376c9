import type { RoutePath } from '../access/routes.ts'
import type { Visitor } from '../access/visitor.ts'
import type { ConsoleContext, ConsoleLedger } from './context.ts'
import { notice } from './layout.ts'
import { type Markup, markup } from './markup.ts'
import { ledgerAway } from './refusals.ts'

/** The content of a page. */
export interface Content {
  readonly title: string
  readonly body: Markup
  readonly current: RoutePath | null
  readonly search?: string
  readonly live?: boolean
  readonly status?: 200 | 400 | 404 | 422 | 503
}

/** The content of a page, where to go instead, or a file to save. */
export type Answer = Content | { readonly redirect: string } | { readonly file: FileToSave }

export interface FileToSave {
  readonly name: string
  /** Its media type. */
  readonly type: string
  readonly text: string
}

/** A parameter of the address; `null` when it is missing or empty. */
export type Query = (name: string) => string | null

/**
 * Makes the content of a page from what its address says, the ledger holds and the visitor may do.
 */
export type Page = (query: Query, ledger: ConsoleLedger, visitor: Visitor) => Promise<Answer>

/** A page with what it needs of the process. */
export type PageOf = (context: ConsoleContext) => Page

export const LEDGER_AWAY: Answer = { title: 'Now', body: ledgerAway(), current: '/', live: true, status: 503 }

/** Rows of one page of a list. */
export const ROWS = 50

/** A whole number as a link of the console writes it. */
export const isNumber = (text: string): boolean => /^\d{1,15}$/.test(text)

export const numberOr = (text: string | null): number | null => (text === null ? null : Number(text))

/** The address says something that no link of the console says. */
export function misread(title: string, current: RoutePath | null): Answer {
  const body = markup`<h1>${title}</h1>${notice('The address cannot be read', 'A part behind the question mark is not one that this page knows. Begin again from the navigation or the search.')}`
  return { title, body, current, status: 400 }
}
