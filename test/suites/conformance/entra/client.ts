import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Client,
  type Context,
  HTTPMessageHandler,
  type Middleware,
  ResponseType,
} from '@microsoft/microsoft-graph-client'

/** A provisioning service to talk to: a double, or a job of a test tenant. */
export interface EntraUnderTest {
  /** The full URL of bulkUpload. */
  readonly endpoint: string
  readonly token: string
  /** How long a record may take to appear. */
  readonly patienceMs: number
  close(): Promise<void>
}

export type User = Readonly<Record<string, unknown>>
export const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

export interface LogStep {
  readonly name: string
  readonly provisioningStepType: string
  readonly status: string
  readonly details: Readonly<Record<string, string>>
}

export interface LogRecord {
  readonly [field: string]: unknown
  readonly id: string
  readonly activityDateTime: string
  readonly cycleId: string
  readonly changeId: string
  readonly provisioningAction: string
  readonly sourceSystem: { readonly id: string; readonly displayName: string }
  readonly targetSystem: { readonly id: string }
  readonly sourceIdentity: Readonly<Record<string, unknown>> & { readonly id: string }
  readonly targetIdentity: { readonly id: string }
  readonly provisioningStatusInfo: {
    readonly status: string
    readonly errorInformation: null | Readonly<Record<string, string | null>>
  }
  readonly provisioningSteps: readonly LogStep[]
  readonly modifiedProperties: readonly {
    readonly displayName: string
    readonly oldValue: string | null
    readonly newValue: string | null
  }[]
}

interface LogPage {
  readonly value: readonly LogRecord[]
  readonly '@odata.nextLink'?: string
}

/**
 * Talks to a provisioning service as a connector would: Microsoft's Graph client and plain fetch,
 * nothing else.
 */
export interface EntraClient {
  readonly jobId: string
  readonly jobUrl: string
  readonly headers: Readonly<Record<string, string>>
  post(body: unknown, more?: Readonly<Record<string, string>>, endpoint?: string): Promise<Response>
  /** Uploads and insists on 202. */
  upload(...users: readonly User[]): Promise<Response>
  /** Starts, pauses or restarts the job. */
  control(action: 'start' | 'pause' | 'restart', body?: unknown): Promise<void>
  logUrl(query?: string, version?: 'v1.0' | 'beta'): string
  /** All pages of a query, by the Graph client. */
  log(filter: string, top?: number): Promise<readonly LogRecord[]>
  /** The records of an employee, oldest first, once there are `count`; fails when patience ends. */
  records(externalId: string, count: number): Promise<readonly LogRecord[]>
  /** Uploads one employee and gives the next record. */
  provision(user: User): Promise<LogRecord>
}

export function employee(externalId: string, more: User = {}): User {
  const userName = `${externalId}@example.com`
  return {
    schemas: [CORE, ENTERPRISE],
    externalId,
    userName,
    displayName: `Employee ${externalId}`,
    active: true,
    ...more,
  }
}

export const bulk = (users: readonly User[]): User => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
  Operations: users.map((data) => ({ method: 'POST', bulkId: randomUUID(), path: '/Users', data })),
  failOnErrors: null,
})

/** An unused key, so that the suite can run against a directory that is not empty. */
export const newKey = (): string => `k${randomUUID().slice(0, 13)}`

function graphClient(origin: string, token: string): Client {
  const sender = new HTTPMessageHandler()
  const middleware: Middleware = {
    async execute(context: Context) {
      // Over plain http the client attaches no token.
      const headers = new Headers(context.options?.headers)
      headers.set('authorization', `Bearer ${token}`)
      context.options = { ...context.options, headers }
      await sender.execute(context)
    },
  }
  return Client.initWithMiddleware({ middleware, baseUrl: `${origin}/` })
}

export function createEntraClient({ endpoint, token, patienceMs }: EntraUnderTest): EntraClient {
  const { origin, pathname } = new URL(endpoint)
  const graph = graphClient(origin, token)
  const jobUrl = endpoint.replace(/\/bulkUpload$/, '')
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' }
  const seen = new Map<string, number>()

  const post: EntraClient['post'] = (body, more = {}, url = endpoint) =>
    fetch(url, {
      method: 'POST',
      headers: { ...headers, ...more },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })

  async function upload(...users: readonly User[]): Promise<Response> {
    const request = graph
      .api(pathname.replace('/v1.0', ''))
      .version('v1.0')
      .header('Content-Type', 'application/scim+json')
    const response: Response = await request.responseType(ResponseType.RAW).post(JSON.stringify(bulk(users)))
    assert.equal(response.status, 202)
    return response
  }

  async function log(filter: string, top?: number): Promise<readonly LogRecord[]> {
    const found: LogRecord[] = []
    const query = graph.api('/auditLogs/provisioning').version('v1.0').filter(filter)
    let page: LogPage = await (top === undefined ? query : query.top(top)).get()
    for (;;) {
      found.push(...page.value)
      const next = page['@odata.nextLink']
      if (next === undefined) return found
      const { pathname: path, search } = new URL(next)
      page = await graph
        .api(path.replace('/v1.0', '') + search)
        .version('v1.0')
        .get()
    }
  }

  async function records(externalId: string, count: number): Promise<readonly LogRecord[]> {
    const deadline = Date.now() + patienceMs
    for (;;) {
      const found = await log(`sourceIdentity/id eq '${externalId.replaceAll("'", "''")}'`)
      seen.set(externalId, found.length)
      if (found.length >= count) return [...found].reverse()
      assert.ok(Date.now() < deadline, `${externalId} has ${found.length} records instead of ${count}`)
      await sleep(10)
    }
  }

  return {
    jobId: decodeURIComponent(/\/jobs\/([^/]+)\//u.exec(endpoint)?.[1] ?? ''),
    jobUrl,
    headers,
    post,
    upload,
    async control(action, body) {
      const json = body === undefined ? {} : { body: JSON.stringify(body) }
      const response = await fetch(`${jobUrl}/${action}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        ...json,
      })
      assert.equal(response.status, 204)
    },
    log,
    records,
    logUrl: (query = '', version = 'v1.0') =>
      `${origin}/${version}/auditLogs/provisioning${query === '' ? '' : `?${query}`}`,
    async provision(user) {
      const externalId = String(user['externalId'])
      const before = seen.get(externalId) ?? 0
      await upload(user)
      const found = await records(externalId, before + 1)
      const last = found.at(-1)
      assert.ok(last !== undefined)
      return last
    },
  }
}

export const stepNames = (record: LogRecord | undefined): readonly string[] =>
  record?.provisioningSteps.map(({ name }) => name) ?? []

export const changesOf = (
  record: LogRecord | undefined,
): Readonly<Record<string, readonly [string | null, string | null]>> =>
  Object.fromEntries(
    (record?.modifiedProperties ?? []).map(({ displayName, oldValue, newValue }) => [
      displayName,
      [oldValue, newValue],
    ]),
  )
