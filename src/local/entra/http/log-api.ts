import type { Fact } from '../log/fact.ts'
import { FilterError, parseFilter } from '../log/filter.ts'
import { badRequest, type Exchange, type Problem, sendJson, WRONG_METHOD } from './exchange.ts'
import { createWindow } from './limits.ts'
import type { Log, Page, PageRequest } from '../log/log.ts'
import type { Selector } from '../log/log-query.ts'
import type { ApiVersion, RecordWriter } from '../log/record.ts'
import type { Settings } from '../settings.ts'
import { nextLink, readToken } from './skip-token.ts'
import { createSlices } from '../support/slices.ts'
import type { Tokens } from './tokens.ts'

/** `GET …/auditLogs/provisioning`. */
export interface LogApi {
  answer(exchange: Exchange, version: ApiVersion): Promise<Problem | null>
  counts(): { readonly logRequests: number; readonly logThrottled: number }
}

export interface LogApiParts {
  readonly settings: Settings
  readonly tokens: Tokens
  readonly log: Log
  readonly selector: Selector
  readonly writer: RecordWriter
  readonly random: () => number
  readonly now: () => number
}

/** The letter of its skip tokens. */
const TOKEN = 'p'
/** This 429 often comes without Retry-After. */
const THROTTLED: Problem = { status: 429, code: 'TooManyRequests', message: 'Too many requests.' }

export function createLogApi(parts: LogApiParts): LogApi {
  const { settings, tokens, now } = parts
  const window = createWindow(settings.limits.logRequestsPer10s, 10_000)
  const counts = { logRequests: 0, logThrottled: 0 }
  return {
    async answer(exchange, version) {
      const { receivedAt, method, url } = exchange
      if (method !== 'GET') return WRONG_METHOD
      const refused = tokens.check(exchange, 'ProvisioningLog.Read.All')
      if (refused !== null) return refused
      counts.logRequests += 1
      if (settings.limits.enabled && window.take(receivedAt) > 0) {
        counts.logThrottled += 1
        return THROTTLED
      }
      const page = readRequest(url.searchParams, parts, now())
      if ('status' in page) return page
      await sendPage(exchange, version, page, parts)
      return null
    },
    counts: () => ({ ...counts }),
  }
}

function readRequest(
  query: URLSearchParams,
  { settings, selector }: LogApiParts,
  now: number,
): PageRequest | Problem {
  try {
    const filter = query.get('$filter')
    const selection = selector.select(filter === null || filter.trim() === '' ? null : parseFilter(filter))
    const wanted = query.get('$top')
    if (wanted !== null && !/^[1-9]\d{0,8}$/.test(wanted)) return badRequest("Invalid value for '$top'.")
    const top = Math.min(wanted === null ? settings.logPageSize : Number(wanted), settings.logPageMax)
    const token = query.get('$skiptoken')
    const request = { selection, top, order: orderOf(query.get('$orderby'), settings), now }
    if (token === null) return request
    const cursor = readToken(TOKEN, token)
    return cursor === null ? badRequest('Invalid skip token.') : { ...request, cursor }
  } catch (error) {
    if (error instanceof FilterError) return badRequest(`Invalid filter clause: ${error.message}`)
    throw error
  }
}

function orderOf(orderBy: string | null, settings: Settings): 'newest' | 'oldest' {
  const isOldest =
    settings.orderBy === 'honoured' &&
    /^activitydatetime( asc)?$/i.test((orderBy ?? 'activityDateTime desc').trim())
  return isOldest ? 'oldest' : 'newest'
}

async function sendPage(
  exchange: Exchange,
  version: ApiVersion,
  request: PageRequest,
  parts: LogApiParts,
): Promise<void> {
  const page = await parts.log.page(request)
  // A page that would only repeat itself would never end.
  const cursor = request.top > 1 ? cursorAfter(page, parts) : page.next
  const link = cursor === undefined ? {} : { '@odata.nextLink': nextLink(exchange, TOKEN, cursor) }
  const slices = createSlices()
  const value: unknown[] = []
  for (const fact of disordered(page.facts, parts)) {
    value.push(parts.writer.write(fact, version))
    await slices.pause()
  }
  sendJson(exchange, 200, {
    '@odata.context': `${exchange.origin}/${version}/$metadata#auditLogs/provisioning`,
    ...link,
    value,
  })
}

/** The records of a page, with as many neighbours changing places as `logDisorder` asks for. */
function disordered(facts: readonly Fact[], { settings, random }: LogApiParts): readonly Fact[] {
  if (settings.logDisorder === 0) return facts
  const result = [...facts]
  for (let index = 1; index < result.length; index += 1) {
    const [a, b] = [result[index - 1], result[index]]
    if (a !== undefined && b !== undefined && random() < settings.logDisorder)
      [result[index - 1], result[index]] = [b, a]
  }
  return result
}

/** Where the next page begins: with `logRepeats`, sometimes at the last record of this one. */
function cursorAfter({ next, last }: Page, { settings, random }: LogApiParts): number | undefined {
  const isRepeat =
    settings.logRepeats > 0 && next !== undefined && last !== undefined && random() < settings.logRepeats
  return isRepeat ? last : next
}
