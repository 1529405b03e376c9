import type { LogRecord } from '../../ledger/log-record.ts'
import { bare } from '../../own.ts'
import { isCode } from '../outcomes/reason-catalogue.ts'
import { activeOf, isOutOfScope } from './log-active.ts'
import { isType, type RawRecord, type RawStep, readRawRecord, spelled } from './raw-record.ts'

/**
 * Reads records of the provisioning log. Source of the shape: the `provisioningObjectSummary`
 * resource and real API-driven records.
 */

/** The skip reason of a reference; the record itself is not skipped. */
const UNRESOLVED = 'UnableToResolveReferenceAttributeValue'
/**
 * The skip reason of an employee outside the scope. If the service had provisioned the employee
 * before, it disables the account and reports a success.
 */
export const NOT_ENTITLED = 'NotEffectivelyEntitled'
/** Documented: the service retries these. */
const RETRIED_BY_SERVICE = [
  'TooManyRequests',
  'InternalServerError',
  'InternalError',
  'WebExceptionProtocolError',
  'Timeout',
  'ServerBusy',
]
/**
 * In real records: "… It will be retried again after this date: …"; documented: "This operation
 * will be retried automatically."
 */
const RETRY_ANNOUNCED = /will be retried/i
/**
 * `[Redacted]` in real records. How the log writes the values of custom security attributes is not
 * documented beyond that they are redacted, so other spellings of the word count too.
 */
const REDACTED = /^'?\[?redacted\]?'?$/i
const GUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/i
const READABLE = { id: '1', activityDateTime: '2000-01-01T00:00:00Z' }
/** Longer keys are not real, and an index could not hold them. */
const LONGEST_KEY = 1_000

/** `null` for a record without id, employee or time: it cannot answer an operation. */
export function parseLogRecord(value: unknown): LogRecord | null {
  const raw = readRawRecord(value)
  if (raw === null) return null
  const steps = raw.provisioningSteps
  const activityAt = momentOf(raw.activityDateTime)
  const retry = steps.find(isRetry)
  const importStep = steps.find((step) => isType(step, 'import') && !isRetry(step))
  const employeeId = raw.sourceIdentity?.id || keyIn(raw, importStep)
  if (!employeeId || activityAt === null || raw.id.length > LONGEST_KEY || employeeId.length > LONGEST_KEY)
    return null

  const error = raw.provisioningStatusInfo?.errorInformation ?? raw.statusInfo
  const status = statusOf(
    raw.provisioningStatusInfo?.status ?? raw.statusInfo?.status ?? statusIn(raw, error?.errorCode),
  )
  const skips = steps.flatMap((step) => (typeof step.details['SkipReason'] === 'string' ? [step] : []))
  // An unresolved manager skips the reference. It skips the record only if there is nothing else in
  // it.
  const others = skips.filter((step) => step.details['SkipReason'] !== UNRESOLVED)
  const skip =
    others.find((step) => step.status?.toLowerCase() === 'skipped') ??
    (status === 'skipped' ? (others.at(-1) ?? skips.at(-1)) : undefined)
  const skipReason = skip
    ? String(skip.details['SkipReason'])
    : status === 'success' && isOutOfScope(raw)
      ? NOT_ENTITLED
      : null
  return {
    id: raw.id,
    jobId: raw.jobId ?? '',
    employeeId,
    activityAt,
    changeId: isId(raw.changeId) ? raw.changeId : raw.id,
    cycleId: raw.cycleId ?? '',
    action: (raw.provisioningAction ?? raw.action)?.toLowerCase() ?? 'other',
    status,
    // Documented: an error code beside a skip only repeats that it was skipped.
    code: (status === 'skipped' ? skipReason || error?.errorCode : error?.errorCode || skipReason) || null,
    reason: error?.reason || propertyOf(skip),
    objectId: raw.targetIdentity?.id || null,
    echo: importStep ? echoOf(importStep.details) : {},
    active: activeOf(raw, importStep),
    imported: importStep !== undefined || steps.length === 0,
    escrowRetry: retry !== undefined,
    escrowedAt: momentOf(retry?.details['CreationTime']),
    willRetry:
      status === 'failure' &&
      (isCode(error?.errorCode ?? '', RETRIED_BY_SERVICE) || RETRY_ANNOUNCED.test(error?.reason ?? '')),
    unresolved: skips.length > others.length,
  }
}

/**
 * The fields that make a record unreadable, and its id in the portal if that cannot identify an
 * employee.
 */
export function missingFields(value: unknown): {
  readonly record: string | null
  readonly lacks: readonly string[]
} {
  const raw: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? { ...value } : {}
  const id = typeof raw['id'] === 'string' ? raw['id'] : ''
  const { id: ours, activityDateTime: then } = READABLE
  const readable = (more: object): boolean => parseLogRecord({ ...raw, ...more }) !== null
  const lacks = [
    ...(readable({ activityDateTime: then, sourceIdentity: READABLE }) ? [] : ['id']),
    ...(readable({ id: ours, activityDateTime: then }) ? [] : ['sourceIdentity']),
    ...(readable({ id: ours, sourceIdentity: READABLE }) ? [] : ['activityDateTime']),
  ]
  return { record: GUID.test(id) ? id : null, lacks }
}

/** The attribute that a step names, worded as in a failure. */
function propertyOf(step: RawStep | undefined): string | null {
  const name = step?.details['PropertyName']
  return typeof name === 'string' && name !== '' ? `property ${name}` : null
}

/** The status of a record that does not state one: that of its error or its last step. */
function statusIn({ provisioningSteps }: RawRecord, errorCode: string | null | undefined): string | null {
  return errorCode ? 'failure' : (provisioningSteps.at(-1)?.status ?? null)
}

/** An id of zeros stands for none. */
function isId(text: string | null): text is string {
  return text !== null && text.length <= LONGEST_KEY && !/^[0-]*$/.test(text)
}

function statusOf(status: string | null): LogRecord['status'] {
  const lower = status?.toLowerCase()
  return lower === 'success' || lower === 'failure' || lower === 'skipped' || lower === 'warning'
    ? lower
    : 'unknown'
}

/**
 * The service retries failures for weeks. The record of a retry may be newer than operations sent
 * since, and answers none of them.
 */
function isRetry(step: RawStep): boolean {
  return step.name === 'EntryEscrowRetry' || step.details['TypeName'] === 'EscrowedEntryDefault'
}

/** A time without a zone is UTC, like all times of the service. */
function momentOf(value: unknown): number | null {
  if (typeof value !== 'string') return null
  const at = Date.parse(/T[\d:.]+$/.test(value) ? `${value}Z` : value)
  return Number.isNaN(at) ? null : at
}

/**
 * The key when the source identity has no id: it is in its details, in what was imported, or in a
 * step's `ReportableIdentifier` (seen in real records).
 */
function keyIn(
  { sourceIdentity, provisioningSteps }: RawRecord,
  importStep: RawStep | undefined,
): string | null {
  const keys = [
    sourceIdentity?.details['id'],
    importStep?.details['externalId'],
    ...provisioningSteps.map((step) => step.details['ReportableIdentifier']),
  ]
  return keys.find((key): key is string => typeof key === 'string' && key !== '') ?? null
}

function echoOf(details: Readonly<Record<string, unknown>>): Record<string, string | null> {
  const values = bare<string | null>()
  for (const [key, value] of Object.entries(details))
    if (value !== null && value !== undefined) values[key] = comparable(value)
  return values
}

/** `null` for a redacted value, or one that is not a text, number or boolean. */
function comparable(value: unknown): string | null {
  if (typeof value === 'string') return REDACTED.test(value) ? null : value
  if (typeof value === 'number') return String(value)
  return typeof value === 'boolean' ? spelled(value) : null
}
