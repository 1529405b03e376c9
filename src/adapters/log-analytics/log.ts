import { z } from 'zod'
import { RollcallError } from '../../core/errors.ts'
import type { LogPage, ProvisioningLog } from '../../core/ports.ts'
import type { Runtime } from '../../core/runtime.ts'
import { dateOf, unreadable } from '../graph/answer.ts'
import type { Graph } from '../graph/client.ts'
import { logRefused, type LogWindow } from '../graph/provisioning.ts'
import { type RowCursor, rowQuery } from './query.ts'
import { cursorAfter, recordsOf, RowAnswer } from './rows.ts'

/** What is read, for errors. */
const LOG = {
  code: 'LogUnavailable',
  what: 'the provisioning log in Log Analytics',
  grant: 'Log Analytics Data Reader on the workspace',
} as const
const Cursor = z.object({ at: z.string(), id: z.string() })

export interface Workspace {
  /** The id of the workspace, a GUID. */
  readonly id: string
  readonly jobId: string
  /** Rows in one page. */
  readonly top: number
}

/**
 * The provisioning log as diagnostic settings bring it to a Log Analytics workspace:
 * `POST {endpoint}/v1/workspaces/{id}/query`
 * (https://learn.microsoft.com/en-us/rest/api/logsquery/query/execute). Needs the role Log Analytics
 * Data Reader on the workspace. How late a row arrives is not documented. `client` is one for the
 * endpoint of the query API.
 */
export function logAnalyticsLog(
  client: Pick<Graph, 'post'>,
  { id, jobId, top }: Workspace,
  window: LogWindow,
  runtime: Pick<Runtime, 'now'>,
): ProvisioningLog {
  const read = async (query: string, signal: AbortSignal): Promise<LogPage> => {
    const headers = { 'Content-Type': 'application/json' }
    const response = await client.post(
      `/workspaces/${encodeURIComponent(id)}/query`,
      JSON.stringify({ query }),
      headers,
      signal,
    )
    if (response.status !== 200) {
      await response.body?.cancel()
      throw logRefused(response, LOG, runtime.now())
    }
    const answer = RowAnswer.safeParse(await response.json())
    // A part of the rows would make the rest look as if it had never been written.
    if (!answer.success || answer.data.error !== undefined)
      throw new RollcallError(LOG.code, `${LOG.what} answered with a part of its rows, or with none`)
    const next = cursorAfter(answer.data, top)
    return {
      records: recordsOf(answer.data),
      next: next === null ? null : JSON.stringify(next),
      serverAt: dateOf(response),
    }
  }
  return {
    page: async ({ since, until, about, next, signal }) => {
      const query = rowQuery({ jobId, since, until, about, after: cursorOf(next), top })
      try {
        return await window(() => read(query, signal), signal)
      } catch (error) {
        throw unreadable(error, LOG)
      }
    },
  }
}

function cursorOf(next: string | null): RowCursor | null {
  return next === null ? null : Cursor.parse(JSON.parse(next))
}
