import { FilterError, parseFilter } from './filter.ts'
import { type Exchange, type Problem, sendJson, sendProblem } from './http.ts'
import type { Log, PageRequest } from './log.ts'
import type { Selector } from './log-query.ts'
import type { ApiVersion, RecordWriter } from './record.ts'
import type { Settings } from './settings.ts'

export interface LogApi {
  /** Answers `GET …/auditLogs/provisioning`. */
  answer(exchange: Exchange, version: ApiVersion, now: number): Promise<void>
}

const invalid = (message: string): Problem => ({ status: 400, code: 'BadRequest', message })

export function createLogApi(settings: Settings, log: Log, selector: Selector, writer: RecordWriter): LogApi {
  function readRequest(query: URLSearchParams, now: number): PageRequest | Problem {
    try {
      const filter = query.get('$filter')
      const selection = selector.select(filter === null || filter.trim() === '' ? undefined : parseFilter(filter))
      const wanted = query.get('$top')
      if (wanted !== null && !/^[1-9]\d{0,8}$/u.test(wanted)) return invalid("Invalid value for '$top'.")
      const top = Math.min(wanted === null ? settings.logPageSize : Number(wanted), settings.logPageMax)
      const orderBy = (query.get('$orderby') ?? 'activityDateTime desc').trim().toLowerCase()
      const order = /^activitydatetime( asc)?$/u.test(orderBy) ? 'oldest' : 'newest'
      const token = query.get('$skiptoken')
      if (token === null) return { selection, top, order, now }
      const cursor = readToken(token)
      return cursor === undefined ? invalid('Invalid skip token.') : { selection, top, order, cursor, now }
    } catch (error) {
      if (error instanceof FilterError) return invalid(`Invalid filter clause: ${error.message}`)
      throw error
    }
  }
  return {
    async answer(exchange, version, now) {
      const query = exchange.url.searchParams
      const request = readRequest(query, now)
      if ('status' in request) return sendProblem(exchange, request)
      const { facts, next } = await log.page(request)
      const link = next === undefined ? {} : { '@odata.nextLink': nextLink(exchange, query, next) }
      sendJson(exchange, 200, {
        '@odata.context': `${exchange.origin}/${version}/$metadata#auditLogs/provisioning`,
        ...link,
        value: facts.map((fact) => writer.write(fact, version)),
      })
    },
  }
}

function nextLink(exchange: Exchange, query: URLSearchParams, next: number): string {
  const kept = [...query].filter(([name]) => name !== '$skiptoken').map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `${exchange.origin}${exchange.url.pathname}?${[...kept, `$skiptoken=${writeToken(next)}`].join('&')}`
}

const writeToken = (position: number): string => Buffer.from(`p${position}`).toString('base64url')

function readToken(token: string): number | undefined {
  const match = /^p(\d{1,15})$/u.exec(Buffer.from(token, 'base64url').toString('latin1'))
  return match === null ? undefined : Number(match[1])
}
