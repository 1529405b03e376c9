import { isObject } from '../../core/json.ts'
import type { Json, JsonObject } from '../../core/model.ts'
import { type ErrorCode, RollcallError } from '../../core/errors.ts'
import type { Graph } from './client.ts'

/** What a list of Graph is called, and the error for one that cannot be read. */
export interface Listed {
  readonly code: ErrorCode
  readonly what: string
}

export interface ListPage {
  readonly items: readonly Json[]
  readonly next: string | null
  readonly serverAt: number | null
}

/** Reads a page. Throws what `refused` makes of an answer other than 200. */
export async function readList(
  graph: Pick<Graph, 'get'>,
  path: string,
  list: Listed & { readonly refused: (response: Response) => RollcallError },
  signal: AbortSignal,
): Promise<ListPage> {
  const response = await graph.get(path, signal)
  if (response.status !== 200) {
    await response.body?.cancel()
    throw list.refused(response)
  }
  const page: unknown = await response.json()
  return { items: itemsOf(page, list), next: nextOf(page, list), serverAt: dateOf(response) }
}

/** The error of the list for one that could not be read at all. */
export function unreadable(error: unknown, { code, what }: Listed): RollcallError {
  if (error instanceof RollcallError) return error
  return new RollcallError(code, `${what} could not be read: ${networkCode(error)}`, { cause: error })
}

/** A text in a filter of Graph. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** The items of a page. Throws the error of the list for an answer that has none. */
function itemsOf(page: unknown, { code, what }: Listed): readonly Json[] {
  const value = typeof page === 'object' && page !== null && 'value' in page ? page.value : null
  if (!Array.isArray(value))
    throw new RollcallError(code, `${what} answered with something that is not a list`)
  return value
}

/**
 * Path and query of the next page; origin and version stay as configured. A link that cannot be
 * followed is an error and not the end of the list: the rest would never be read.
 */
function nextOf(page: unknown, { code, what }: Listed): string | null {
  const link =
    typeof page === 'object' && page !== null && '@odata.nextLink' in page ? page['@odata.nextLink'] : null
  if (link === null || link === '') return null
  const url = typeof link === 'string' ? URL.parse(link, 'https://graph.microsoft.com/v1.0/') : null
  if (!url) throw new RollcallError(code, `${what} names a next page that cannot be followed`)
  return url.pathname.replace(/^\/(v1\.0|beta)/, '') + url.search
}

/** The fields of a JSON object; none when it is something else. Throws for what is not JSON. */
export function fieldsIn(text: string): JsonObject {
  const body: Json = JSON.parse(text)
  return isObject(body) ? body : {}
}

/** `null` for an empty text, and for what is not a text. */
export function textIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** The service's clock, from the `Date` header. */
export function dateOf(response: Response): number | null {
  const at = Date.parse(response.headers.get('Date') ?? '')
  return Number.isNaN(at) ? null : at
}

/** `fetch` puts the network error a level or two down in `cause`. */
export function networkCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
    if ('code' in at && typeof at.code === 'string' && at.code !== '') return at.code
  return error instanceof Error ? error.name : 'Unknown'
}
