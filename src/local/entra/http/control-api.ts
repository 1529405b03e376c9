import { randomUUID } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import type { Cycles } from '../cycle/cycle.ts'
import type { Directory } from '../directory/directory.ts'
import { faultListSchema } from '../fault-settings.ts'
import type { Faults } from '../faults.ts'
import {
  badRequest,
  type Exchange,
  type Problem,
  readBody,
  send,
  sendJson,
  sendProblem,
  WRONG_METHOD,
} from './exchange.ts'
import type { Job } from '../cycle/job.ts'
import { directoryPage } from './page.ts'
import type { ControlRoute } from './routes.ts'
import type { Staging } from '../cycle/staging.ts'
import { isObject, parseJson } from '../support/json.ts'
import { unreachable } from '../support/unreachable.ts'
import type { Views } from './views.ts'

/** What only the double has: a look inside, and ways to make things happen. No token is needed. */
export interface ControlApi {
  answer(exchange: Exchange, to: ControlRoute['to']): Promise<void>
}

export interface ControlParts {
  readonly directory: Directory
  readonly views: Views
  readonly faults: Faults
  readonly staging: Staging
  readonly cycles: Cycles
  readonly job: Job
  readonly stats: () => Readonly<Record<string, string | number>>
}

const BODY_BYTES = 16 * 1024 * 1024

export function createControlApi(parts: ControlParts): ControlApi {
  const { views, cycles, stats } = parts
  return {
    async answer(exchange, to) {
      const isPost = to === 'faults' || to === 'foreign' || to === 'cycle'
      if (!isPost && exchange.method !== 'GET') return sendProblem(exchange, WRONG_METHOD)
      switch (to) {
        case 'page':
          return answerPage(exchange, parts)
        case 'directory': {
          const wantsPage = (exchange.request.headers.accept ?? '').includes('text/html')
          return wantsPage ? answerPage(exchange, parts) : stream(exchange, views.directoryJson())
        }
        case 'truth':
          return stream(exchange, views.truthJson())
        case 'stats':
          return sendJson(exchange, 200, stats())
        case 'faults':
          return answerFaults(exchange, parts)
        case 'foreign':
          return answerForeign(exchange, parts)
        case 'cycle':
          if (exchange.method !== 'POST') return sendProblem(exchange, WRONG_METHOD)
          await cycles.run()
          return send(exchange, 204, null, { 'cycle-run': randomUUID() })
        default:
          return unreachable(to)
      }
    },
  }
}

async function stream(exchange: Exchange, pieces: AsyncIterable<string>): Promise<void> {
  exchange.response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
  await pipeline(pieces, exchange.response)
}

async function answerPage(exchange: Exchange, { directory, job, stats }: ControlParts): Promise<void> {
  const lines = { job: job.code, ...stats() }
  const html = await directoryPage(directory, exchange.url.searchParams.get('q') ?? '', lines)
  send(exchange, 200, html, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  })
}

async function answerFaults(exchange: Exchange, { faults }: ControlParts): Promise<void> {
  switch (exchange.method) {
    case 'GET':
      return sendJson(exchange, 200, faults.list())
    case 'DELETE':
      faults.clear()
      return send(exchange, 204, null)
    case 'POST': {
      const body = await readJson(exchange)
      if ('status' in body) return sendProblem(exchange, body)
      const rules = faultListSchema.safeParse(body.json)
      if (!rules.success) return sendProblem(exchange, badRequest(rules.error.message))
      faults.add(rules.data)
      return send(exchange, 204, null)
    }
    default:
      return sendProblem(exchange, WRONG_METHOD)
  }
}

/** Stages an operation as if another program had uploaded it to the same job. */
async function answerForeign(exchange: Exchange, { staging }: ControlParts): Promise<void> {
  if (exchange.method !== 'POST') return sendProblem(exchange, WRONG_METHOD)
  const body = await readJson(exchange)
  if ('status' in body) return sendProblem(exchange, body)
  const { json } = body
  if (!isObject(json) || typeof json['externalId'] !== 'string')
    return sendProblem(exchange, badRequest('A SCIM user with an externalId is expected.'))
  const origin = { bulkId: '', requestId: '', clientRequestId: '' }
  staging.add([{ externalId: json['externalId'], data: json, origin }])
  return send(exchange, 202, null)
}

async function readJson(exchange: Exchange): Promise<{ readonly json: unknown } | Problem> {
  const body = await readBody(exchange.request, BODY_BYTES)
  if ('status' in body) return body
  const json = parseJson(body.text)
  return json === undefined ? badRequest('The body is not JSON.') : { json }
}
