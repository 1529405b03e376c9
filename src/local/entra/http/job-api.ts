import type { Cycles } from '../cycle/cycle.ts'
import {
  badRequest,
  type Exchange,
  type Problem,
  readBody,
  RESOURCE_NOT_FOUND,
  send,
  sendJson,
  WRONG_METHOD,
} from './exchange.ts'
import { describeSchema } from '../mapping/schema-description.ts'
import type { Job } from '../cycle/job.ts'
import type { Route } from './routes.ts'
import type { Settings } from '../settings.ts'
import type { Tokens } from './tokens.ts'
import { unreachable } from '../support/unreachable.ts'

type JobRoute = Extract<Route, { readonly to: 'job' | 'jobs' }>

/** `GET …/jobs`, `GET …/jobs/{id}`, its `/schema`, and `POST` to start, pause and restart it. */
export interface JobApi {
  answer(exchange: Exchange, route: JobRoute): Promise<Problem | null>
}

const BAD_RESTART = badRequest('The criteria of the restart cannot be read.')

export function createJobApi(settings: Settings, tokens: Tokens, job: Job, cycles: Cycles): JobApi {
  async function answer(exchange: Exchange, route: JobRoute): Promise<Problem | null> {
    const isRead = route.to === 'jobs' || route.action === 'get' || route.action === 'schema'
    if (exchange.method !== (isRead ? 'GET' : 'POST')) return WRONG_METHOD
    const permission = isRead ? 'Synchronization.Read.All' : 'Synchronization.ReadWrite.All'
    const refused = tokens.check(exchange, permission)
    if (refused !== null) return refused
    if (route.servicePrincipalId !== settings.servicePrincipalId) return RESOURCE_NOT_FOUND
    if (route.to === 'jobs') {
      sendJson(exchange, 200, { value: [job.describe()] })
      return null
    }
    if (route.jobId !== settings.jobId) return RESOURCE_NOT_FOUND
    return act(exchange, route.action)
  }

  async function act(
    exchange: Exchange,
    action: Extract<JobRoute, { readonly to: 'job' }>['action'],
  ): Promise<Problem | null> {
    switch (action) {
      case 'get':
        sendJson(exchange, 200, job.describe())
        return null
      case 'schema':
        sendJson(exchange, 200, describeSchema(settings))
        return null
      case 'start':
        job.start()
        break
      case 'pause':
        job.pause()
        break
      case 'restart': {
        const body = await readBody(exchange.request, 65_536)
        if ('status' in body) return body
        const scope = readScope(body.text)
        if (scope === null) return BAD_RESTART
        cycles.restart(scope)
        break
      }
      default:
        return unreachable(action)
    }
    send(exchange, 204, null)
    return null
  }

  return { answer }
}

const SCOPES = new Set([
  'None',
  'Full',
  'Watermark',
  'Escrows',
  'QuarantineState',
  'ConnectorDataStore',
  'ForceDeletes',
])

/** `{"criteria": {"resetScope": "Watermark, Escrows"}}`; nothing at all resets everything. */
function readScope(text: string): ReadonlySet<string> | null {
  if (text.trim() === '') return new Set(['Full'])
  try {
    const body: { readonly criteria?: { readonly resetScope?: unknown } } | null = JSON.parse(text)
    const given = body?.criteria?.resetScope ?? 'Full'
    if (typeof given !== 'string') return null
    const names = given.split(',').map((name) => name.trim())
    return names.every((name) => SCOPES.has(name)) ? new Set(names) : null
  } catch {
    return null
  }
}
