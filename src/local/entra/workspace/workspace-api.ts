import {
  badRequest,
  type Exchange,
  type Problem,
  readBody,
  sendJson,
  throttledFor,
  WRONG_METHOD,
} from '../http/exchange.ts'
import { createWindow } from '../http/limits.ts'
import type { Route } from '../http/routes.ts'
import type { Tokens } from '../http/tokens.ts'
import type { Fact } from '../log/fact.ts'
import type { Log } from '../log/log.ts'
import type { RecordWriter } from '../log/record.ts'
import type { Settings } from '../settings.ts'
import { type Query, readQuery } from './kql.ts'

type WorkspaceRoute = Extract<Route, { readonly to: 'workspace' }>

/**
 * `POST /v1/workspaces/{id}/query` of Azure Monitor, over the table AADProvisioningLogs. Columns that
 * hold objects or lists are JSON as text.
 *
 * Sources: https://learn.microsoft.com/en-us/rest/api/logsquery/query/execute and
 * https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables/aadprovisioninglogs.
 */
export interface WorkspaceApi {
  answer(exchange: Exchange, route: WorkspaceRoute): Promise<Problem | null>
}

export interface WorkspaceParts {
  readonly settings: Settings
  readonly tokens: Tokens
  readonly log: Log
  readonly writer: RecordWriter
  readonly now: () => number
}

/** A role of Azure, not a permission of Graph; the tokens of the double know one kind only. */
const ROLE = 'Log Analytics Data Reader'
const NOT_FOUND: Problem = {
  status: 404,
  code: 'PathNotFoundError',
  message: 'The workspace does not exist.',
}

export function createWorkspaceApi({ settings, tokens, log, writer, now }: WorkspaceParts): WorkspaceApi {
  const window = createWindow(settings.limits.workspaceQueriesPer30s, 30_000)

  function select({ jobId, since, until, employee, after, top }: Query): readonly Fact[] {
    const isOf = (fact: Fact): boolean =>
      fact.visibleAt + settings.workspaceLagMs <= now() &&
      fact.at > since &&
      fact.at < until &&
      (employee === null || fact.externalId === employee) &&
      (after === null || fact.at > after.at || (fact.at === after.at && fact.id > after.id))
    if (jobId !== null && jobId.toLowerCase() !== settings.jobId.toLowerCase()) return []
    return [...log.all()]
      .filter(isOf)
      .sort((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1))
      .slice(0, top)
  }

  async function answer(exchange: Exchange, { workspaceId }: WorkspaceRoute): Promise<Problem | null> {
    if (exchange.method !== 'POST') return WRONG_METHOD
    const refused = tokens.check(exchange, ROLE)
    if (refused !== null) return refused
    if (workspaceId !== settings.workspaceId) return NOT_FOUND
    const waitMs = settings.limits.enabled ? window.take(exchange.receivedAt) : 0
    if (waitMs > 0) return throttledFor(waitMs)
    const body = await readBody(exchange.request, 65_536)
    if ('status' in body) return body
    const query = queryIn(body.text)
    if (query === null) return badRequest('The query could not be parsed.')
    sendJson(exchange, 200, { tables: [tableOf(select(query), writer)] })
    return null
  }

  return { answer }
}

function queryIn(text: string): Query | null {
  try {
    const body: { readonly query?: unknown } | null = JSON.parse(text)
    return typeof body?.query === 'string' ? readQuery(body.query) : null
  } catch {
    return null
  }
}

/** Column → what it holds of the record that Graph gives. */
const COLUMNS: Readonly<Record<string, string>> = {
  TimeGenerated: 'activityDateTime',
  Id: 'id',
  JobId: 'jobId',
  CycleId: 'cycleId',
  ChangeId: 'changeId',
  DurationMs: 'durationInMilliseconds',
  ProvisioningAction: 'provisioningAction',
  ProvisioningStatusInfo: 'provisioningStatusInfo',
  ProvisioningSteps: 'provisioningSteps',
  ModifiedProperties: 'modifiedProperties',
  SourceIdentity: 'sourceIdentity',
  TargetIdentity: 'targetIdentity',
}

function tableOf(facts: readonly Fact[], writer: RecordWriter): object {
  return {
    name: 'PrimaryResult',
    columns: Object.keys(COLUMNS).map((name) => ({
      name,
      type: name === 'TimeGenerated' ? 'datetime' : name === 'DurationMs' ? 'long' : 'string',
    })),
    rows: facts.map((fact) => {
      const record: Readonly<Record<string, unknown>> = { ...writer.write(fact, 'v1.0') }
      return Object.values(COLUMNS).map((name) => cellOf(record[name]))
    }),
  }
}

function cellOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value ?? null)
}
