import { outerSeconds } from '../graph/provisioning.ts'

/** Where the rows of the next page begin: after this one, in the order of time and id. */
export interface RowCursor {
  /** `TimeGenerated`, as the service wrote it. */
  readonly at: string
  readonly id: string
}

export interface RowQuery {
  readonly jobId: string
  readonly since: number
  readonly until: number | null
  /** Only records of this employee. */
  readonly about: string | null
  readonly after: RowCursor | null
  readonly top: number
}

/**
 * The query for one page of the provisioning log, in KQL. `TimeGenerated` is the log's
 * `activityDateTime`. Microsoft's own examples spell the id of an identity as `Id` and other fields
 * in lower case, so both spellings are looked for
 * (https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables/aadprovisioninglogs).
 */
export function rowQuery({ jobId, since, until, about, after, top }: RowQuery): string {
  const { start, end } = outerSeconds({ since, until })
  return [
    'AADProvisioningLogs',
    `where JobId =~ ${text(jobId)}`,
    `where TimeGenerated > ${moment(start)}`,
    ...(end === null ? [] : [`where TimeGenerated < ${moment(end)}`]),
    ...(about === null
      ? []
      : [
          'extend Source = parse_json(SourceIdentity)',
          `where tostring(Source.id) == ${text(about)} or tostring(Source.Id) == ${text(about)}`,
        ]),
    ...(after === null
      ? []
      : [
          `where TimeGenerated > datetime(${after.at}) or (TimeGenerated == datetime(${after.at}) and strcmp(Id, ${text(after.id)}) > 0)`,
        ]),
    'sort by TimeGenerated asc, Id asc',
    `take ${top}`,
  ].join('\n| ')
}

/** A string literal, escaped as in JSON. */
const text = (value: string): string => JSON.stringify(value)
const moment = (at: number): string => `datetime(${new Date(at).toISOString()})`
