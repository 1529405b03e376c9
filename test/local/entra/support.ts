import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { type EntraDouble, type EntraOptions, startEntra } from '../../../src/local/entra/server.ts'
import type { EntraSettings } from '../../../src/local/entra/settings.ts'

export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User'

/** Cycles only when asked for, and records that appear at once. */
export const still: Partial<EntraSettings> = {
  cycleMs: 3_600_000,
  logLagMs: { min: 0, max: 0 },
  limits: { enabled: false },
}

export async function open(
  t: TestContext,
  settings: Partial<EntraSettings> = {},
  more: Omit<EntraOptions, 'settings'> = {},
): Promise<EntraDouble> {
  const entra = await startEntra({ ...more, settings: { ...still, ...settings } })
  t.after(() => entra.stop())
  return entra
}

type User = Readonly<Record<string, unknown>>

export function employee(externalId: string, more: User = {}): User {
  return {
    schemas: [CORE, ENTERPRISE],
    externalId,
    userName: `${externalId}@example.com`,
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

export const headers = { authorization: 'Bearer any', 'content-type': 'application/scim+json' }

export const post = (
  url: string,
  body: unknown,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { ...headers, ...more },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

export async function upload(entra: EntraDouble, ...users: readonly User[]): Promise<Response> {
  const response = await post(entra.endpoint, bulk(users))
  assert.equal(response.status, 202, await response.text())
  return response
}

interface TokenAnswer {
  readonly status: number
  readonly access_token: string
  readonly error: string
  readonly expires_in: number
  readonly error_codes: readonly number[]
}

/** Asks for a token as an application does. */
export async function askToken(
  entra: EntraDouble,
  form: Readonly<Record<string, string>>,
): Promise<TokenAnswer> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    scope: 'https://graph.microsoft.com/.default',
    ...form,
  })
  const response = await fetch(`http://127.0.0.1:${entra.port}/contoso.onmicrosoft.com/oauth2/v2.0/token`, {
    method: 'POST',
    body,
  })
  const answer: TokenAnswer = { ...JSON.parse(await response.text()), status: response.status }
  return answer
}

/** Uploads and lets a cycle take it. */
export async function provision(entra: EntraDouble, ...users: readonly User[]): Promise<void> {
  await upload(entra, ...users)
  await entra.runCycle()
}

export interface Step {
  readonly name: string
  readonly provisioningStepType: string
  readonly status: string
  readonly description: string
  readonly details: Readonly<Record<string, string>>
}

export interface LogRecord {
  readonly id: string
  readonly activityDateTime: string
  readonly jobId: string
  readonly cycleId: string
  readonly changeId: string
  readonly provisioningAction: string
  readonly sourceIdentity: { readonly id: string }
  readonly targetIdentity: { readonly id: string }
  readonly provisioningStatusInfo: {
    readonly status: string
    readonly errorInformation: null | { readonly errorCode: string; readonly reason: string }
  }
  readonly provisioningSteps: readonly Step[]
  readonly modifiedProperties: readonly {
    readonly displayName: string
    readonly oldValue: string | null
    readonly newValue: string | null
  }[]
}

export interface LogPage {
  readonly value: readonly LogRecord[]
  readonly '@odata.nextLink'?: string
}

export const logUrl = (entra: EntraDouble, query = '', version = 'v1.0'): string =>
  `http://127.0.0.1:${entra.port}/${version}/auditLogs/provisioning${query === '' ? '' : `?${query}`}`

export async function logPage(url: string): Promise<LogPage> {
  const response = await fetch(url, { headers })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  const page: LogPage = JSON.parse(text)
  return page
}

export async function logRecords(entra: EntraDouble, filter = '', more = ''): Promise<readonly LogRecord[]> {
  const found: LogRecord[] = []
  const query = [filter === '' ? '' : `$filter=${encodeURIComponent(filter)}`, more]
    .filter((part) => part !== '')
    .join('&')
  for (let next: string | undefined = logUrl(entra, query); next !== undefined;) {
    const page: LogPage = await logPage(next)
    found.push(...page.value)
    next = page['@odata.nextLink']
  }
  return found
}

export const recordsOf = (entra: EntraDouble, externalId: string): Promise<readonly LogRecord[]> =>
  logRecords(entra, `sourceIdentity/id eq '${externalId}'`)

export const stepNames = (record: LogRecord | undefined): readonly string[] =>
  record?.provisioningSteps.map(({ name }) => name) ?? []

export const changes = (
  record: LogRecord | undefined,
): Readonly<Record<string, readonly [string | null, string | null]>> =>
  Object.fromEntries(
    (record?.modifiedProperties ?? []).map(({ displayName, oldValue, newValue }) => [
      displayName,
      [oldValue, newValue],
    ]),
  )

/** A clock that moves only when told to. */
export function createClock(start = Date.UTC(2026, 10, 2, 8)): {
  readonly now: () => number
  advance(ms: number): void
} {
  let at = start
  return {
    now: () => at,
    advance(ms) {
      at += ms
    },
  }
}
