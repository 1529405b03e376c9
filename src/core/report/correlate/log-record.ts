import { z } from 'zod'
import type { LogRecord } from '../../ledger/log-record.ts'
import { bare } from '../../own.ts'
import { isCode } from '../outcomes/reason-catalogue.ts'

/**
 * Reads records of the provisioning log. Source of the shape: the `provisioningObjectSummary`
 * resource and real API-driven records.
 */

/** Some texts arrive as numbers or booleans. */
const text = z
  .union([z.string(), z.number().transform(String), z.boolean().transform(spelled)])
  .nullish()
  .catch(null)
  .transform((value) => value ?? null)
/** An object of any shape; exports of the log contain it as JSON text. */
const details = z
  .preprocess(unquoted, z.record(z.string(), z.unknown()))
  .nullish()
  .catch(null)
  .transform((value) => bare(Object.entries(value ?? {})))
const identity = z.preprocess(unquoted, z.object({ id: text, details }).nullish().catch(null)).catch(null)
/** An item that cannot be read is left out; the others count. */
const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    unquoted,
    z
      .array(item)
      .nullish()
      .catch(null)
      .transform((items) => items ?? []),
  )
const errorInformation = { errorCode: text, reason: text }

/** Lenient: missing fields, other forms and unknown enum values must not lose an answer. */
const Raw = z.object({
  id: z.union([z.string().min(1), z.number().transform(String)]),
  jobId: text,
  activityDateTime: z.string(),
  changeId: text,
  cycleId: text,
  provisioningAction: text,
  provisioningStatusInfo: z
    .preprocess(
      unquoted,
      z
        .object({ status: text, errorInformation: z.object(errorInformation).nullish().catch(null) })
        .nullish(),
    )
    .catch(null),
  /** The beta version's names of the two fields above, with the error beside the status. */
  action: text,
  statusInfo: z
    .object({ status: text, ...errorInformation })
    .nullish()
    .catch(null),
  provisioningSteps: listOf(
    z
      .object({ name: text, provisioningStepType: text, status: text, details })
      .catch({ name: null, provisioningStepType: null, status: null, details: bare<unknown>() }),
  ),
  modifiedProperties: listOf(
    z
      .object({ displayName: text, oldValue: text, newValue: text })
      .catch({ displayName: null, oldValue: null, newValue: null }),
  ),
  sourceIdentity: identity,
  targetIdentity: identity,
})
type RawRecord = z.output<typeof Raw>
type RawStep = RawRecord['provisioningSteps'][number]

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
const REDACTED = /^'?\[Redacted\]'?$/
const GUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/i
const READABLE = { id: '1', activityDateTime: '2000-01-01T00:00:00Z' }
/** Longer keys are not real, and an index could not hold them. */
const LONGEST_KEY = 1_000

/** `null` for a record without id, employee or time: it cannot answer an operation. */
export function parseLogRecord(value: unknown): LogRecord | null {
  const parsed = Raw.safeParse(value)
  if (!parsed.success) return null
  const raw = parsed.data
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

function isType(step: RawStep, type: string): boolean {
  return step.provisioningStepType?.toLowerCase() === type
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

function scopingOf({ provisioningSteps }: RawRecord): RawStep['details'] {
  return provisioningSteps.find((step) => isType(step, 'scoping'))?.details ?? bare<unknown>()
}

function isOutOfScope(raw: RawRecord): boolean {
  return booleanOf(scopingOf(raw)['Scoping filter evaluation passed']) === false
}

/**
 * By strength of evidence: the import echo, the exported change, the scoping step. An employee
 * outside the scope is disabled whatever was sent, so the exported change then proves nothing.
 */
function activeOf(raw: RawRecord, importStep: RawStep | undefined): boolean | null {
  const echoed = booleanOf(importStep?.details['active'])
  if (echoed !== null) return echoed
  for (const { displayName, newValue } of isOutOfScope(raw) ? [] : raw.modifiedProperties) {
    const enabled = enabledBy(displayName, newValue)
    if (enabled !== null) return enabled
  }
  const scoped = booleanOf(scopingOf(raw)['Active in the source system'])
  // No real record of an inactive employee has been seen. If the account was found disabled and
  // left so, the two contradict each other and nothing is certain.
  const found = raw.provisioningSteps.find((step) => isType(step, 'matching'))?.details['accountEnabled']
  return scoped === true && booleanOf(found) === false ? null : scoped
}

/**
 * Active Directory has no `accountEnabled`. Its mapping writes `accountDisabled`, or the disabling
 * bit of `userAccountControl` (documented by Microsoft).
 */
function enabledBy(attribute: string | null, value: string | null): boolean | null {
  switch ((attribute ?? '').toLowerCase()) {
    case 'accountenabled':
      return booleanOf(value)
    case 'accountdisabled': {
      const disabled = booleanOf(value)
      return disabled === null ? null : !disabled
    }
    case 'useraccountcontrol': {
      const bits = Number(plain(value) || Number.NaN)
      return Number.isInteger(bits) ? (bits & 2) === 0 : null
    }
    default:
      return null
  }
}

function booleanOf(value: unknown): boolean | null {
  const lower = typeof value === 'string' ? plain(value).toLowerCase() : value
  return lower === 'true' || lower === true ? true : lower === 'false' || lower === false ? false : null
}

/** Values of modified properties are JSON in some logs: `"False"` with its quotes. */
function plain(value: string | null): string {
  return (value ?? '').replace(/^"(.*)"$/s, '$1').trim()
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

/** As the service writes booleans among texts. */
function spelled(value: boolean): string {
  return value ? 'True' : 'False'
}

/** Anything but the JSON of an object or list stays as it is. */
function unquoted(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
