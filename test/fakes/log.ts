import type { Candidate, Candidates, JoinedRecord } from '../../src/core/ledger/port/report.ts'
import type { Json, JsonObject } from '../../src/core/model.ts'
import { learnEchoes } from '../../src/core/report/correlate/evidence.ts'
import { joinRecords } from '../../src/core/report/correlate/join.ts'
import type { JoinContext } from '../../src/core/report/correlate/pairing.ts'
import type { LogRecord } from '../../src/core/ledger/log-record.ts'
import { parseLogRecord } from '../../src/core/report/correlate/log-record.ts'
import { day } from './events.ts'

export interface LogRecordOptions {
  readonly employee?: string
  readonly at?: number
  readonly changeId?: string
  /** What the import step repeats; `null` for a record without an import step. */
  readonly echo?: Readonly<Record<string, string>> | null
  /** `active` in the scoping step; `null` when the step does not show it. */
  readonly scoping?: string | null
  readonly modified?: readonly JsonObject[]
  readonly status?: string
  readonly errorCode?: string | null
  readonly skipReason?: string
  readonly importStep?: string
  readonly importDetails?: JsonObject
  readonly more?: JsonObject
}

/** A provisioning-log record as the service writes it, with the shape of the real ones. */
export function rawLogRecord(id: string, options: LogRecordOptions = {}): JsonObject {
  const {
    employee: employeeId = '10001',
    at = day(1),
    echo = {},
    scoping = null,
    status = 'success',
    errorCode = null,
  } = options
  const steps: Json[] = []
  if (echo !== null)
    steps.push({
      name: options.importStep ?? 'EntryImportAdd',
      provisioningStepType: 'import',
      status: 'success',
      details: { externalId: employeeId, ...echo, ...options.importDetails },
    })
  if (scoping !== null)
    steps.push({
      name: 'EntrySynchronizationScoping',
      provisioningStepType: 'scoping',
      status: 'success',
      details: { 'Active in the source system': scoping, 'Scoping filter evaluation passed': 'True' },
    })
  if (options.skipReason !== undefined)
    steps.push({
      name: 'EntrySynchronizationSkip',
      provisioningStepType: 'export',
      status: 'skipped',
      details: { SkipReason: options.skipReason },
    })
  else
    steps.push({
      name: 'EntryExportUpdate',
      provisioningStepType: 'export',
      status,
      details: { ReportableIdentifier: employeeId },
    })
  return {
    id,
    activityDateTime: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
    jobId: 'API2AAD.tenant.job',
    changeId: options.changeId ?? `change-of-${id}`,
    cycleId: 'cycle',
    provisioningAction: 'update',
    provisioningStatusInfo: {
      status,
      errorInformation: errorCode === null ? null : { errorCode, reason: 'words of the service' },
    },
    provisioningSteps: steps,
    modifiedProperties: options.modified ?? [],
    sourceIdentity: { id: employeeId, displayName: '', identityType: 'User', details: {} },
    targetIdentity: { id: 'object-1', displayName: 'Ann Lee', identityType: 'User', details: {} },
    ...options.more,
  }
}

/** The same, read. */
export function logRecord(id: string, options: LogRecordOptions = {}): LogRecord {
  const record = parseLogRecord(rawLogRecord(id, options))
  if (!record) throw new TypeError('the record of the test cannot be read')
  return record
}

/** An operation the service accepted. `active` is true unless the user says otherwise. */
/** A record as it was read, of a write the directory took. */
export function tookRecord(
  id: string,
  employeeId: string,
  activityAt: number,
  more: Partial<LogRecord> = {},
): LogRecord {
  return {
    id,
    jobId: 'job',
    employeeId,
    activityAt,
    changeId: `change of ${id}`,
    cycleId: 'cycle',
    action: 'update',
    status: 'success',
    code: null,
    reason: null,
    objectId: null,
    echo: {},
    active: null,
    imported: true,
    escrowRetry: false,
    willRetry: false,
    unresolved: false,
    ...more,
  }
}

export function candidate(id: string, user: JsonObject = {}, more: Partial<Candidate> = {}): Candidate {
  const acceptedAt = more.acceptedAt ?? day(1)
  return {
    id,
    employeeId: '10001',
    state: 'accepted',
    record: JSON.stringify({ schemas: [], externalId: more.employeeId ?? '10001', active: true, ...user }),
    active: user['active'] !== false,
    acceptedAt,
    submittedAt: acceptedAt,
    failedAt: null,
    timesSubmitted: 1,
    timesReported: 0,
    ...more,
  }
}

export function candidates(operations: readonly Candidate[], more: Partial<Candidates> = {}): Candidates {
  return {
    known: new Set(),
    operations,
    byChange: new Map(),
    unjoined: [],
    lastAccepted: new Map(),
    echoes: [],
    ...more,
  }
}

/** How far the clocks of these tests may be apart. */
export const SKEW = 120_000

/** What the join needs besides, with the echoes of these records. */
export function joinContext(
  records: readonly LogRecord[],
  found: Candidates,
  skewMs: number = SKEW,
): JoinContext {
  return { echoes: learnEchoes(found.echoes, [...records, ...found.unjoined]), skewMs }
}

export function joinsOf(
  records: readonly LogRecord[],
  found: Candidates,
  skewMs: number = SKEW,
): JoinedRecord[] {
  return joinRecords(records, found, joinContext(records, found, skewMs))
}

/** Record → operation and interim outcome. */
export type Joined = Record<string, readonly [string | null, string | null]>
export function joined(records: readonly LogRecord[], found: Candidates): Joined {
  return Object.fromEntries(
    joinsOf(records, found).map(({ record, operation, interim }) => [record.id, [operation, interim]]),
  )
}

/** The same when these operations are all that are candidates. */
export function joinedAlone(operations: readonly Candidate[], ...records: readonly LogRecord[]): Joined {
  return joined(records, candidates(operations))
}
