import type { LogRecord } from '../../ledger/log-record.ts'
import { z } from 'zod'
import { bare } from '../../own.ts'
import { isCode } from '../outcomes/reason-catalogue.ts'

/** Source of the shape: the `provisioningObjectSummary` resource and real API-driven records. */

/** Texts stand as numbers or truth values now and then. */
const text = z
  .union([z.string(), z.number().transform(String), z.boolean().transform(spelled)])
  .nullish()
  .catch(null)
  .transform((value) => value ?? null)
/** An open object; exports of the log have it as its JSON. */
const details = z
  .preprocess(unquoted, z.record(z.string(), z.unknown()))
  .nullish()
  .catch(null)
  .transform((value) => bare(Object.entries(value ?? {})))
const identity = z.preprocess(unquoted, z.object({ id: text, details }).nullish().catch(null)).catch(null)
/** One that cannot be read is left out; the others count. */
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

/** Loose on purpose: fields may be missing or of another form, enums may hold values nobody has seen yet, and none of it may cost an answer. */
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
  /** What the beta version called the two before, with the words of an error beside the status. */
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

/** The skip reason of a reference, which is no skip of the record. */
const UNRESOLVED = 'UnableToResolveReferenceAttributeValue'
/** What the service says of somebody it leaves out. Whom it had provisioned before it disables then, and calls that a success. */
export const NOT_ENTITLED = 'NotEffectivelyEntitled'
/** Documented: the service tries these again by itself. */
const RETRIED_BY_SERVICE = [
  'TooManyRequests',
  'InternalServerError',
  'InternalError',
  'WebExceptionProtocolError',
  'Timeout',
  'ServerBusy',
]
/** In real records: "… It will be retried again after this date: …"; documented: "This operation will be retried automatically." */
const RETRY_ANNOUNCED = /will be retried/i
const REDACTED = /^'?\[Redacted\]'?$/
const GUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/i
const READABLE = { id: '1', activityDateTime: '2000-01-01T00:00:00Z' }
/** Longer keys are none, and an index could not hold them. */
const LONGEST_KEY = 1_000

/** `null` for a record that has no id, no person or no time: it cannot speak of an operation. */
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
  // A manager who is not there yet leaves out the reference, and the record only where there is nothing else in it.
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
    // Documented: an error code beside a skip says only that it is one.
    code: (status === 'skipped' ? skipReason || error?.errorCode : error?.errorCode || skipReason) || null,
    reason: error?.reason || propertyOf(skip),
    objectId: raw.targetIdentity?.id || null,
    echo: importStep ? shown(importStep.details) : {},
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

/** What keeps a record from being read, and the id the portal finds it by, where that says nothing of a person. */
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

/** The attribute a step names, in words as a failure has them. */
function propertyOf(step: RawStep | undefined): string | null {
  const name = step?.details['PropertyName']
  return typeof name === 'string' && name !== '' ? `property ${name}` : null
}

/** What a record that does not say its status ends with. */
function statusIn({ provisioningSteps }: RawRecord, errorCode: string | null | undefined): string | null {
  return errorCode ? 'failure' : (provisioningSteps.at(-1)?.status ?? null)
}

/** Nothing but zeros stands for none. */
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

/** The service tries again what failed, for weeks. Such a record may be younger than what was sent since, and speaks of none of it. */
function isRetry(step: RawStep): boolean {
  return step.name === 'EntryEscrowRetry' || step.details['TypeName'] === 'EscrowedEntryDefault'
}

/** A moment without a zone is UTC, as everything the service says. */
function momentOf(value: unknown): number | null {
  if (typeof value !== 'string') return null
  const at = Date.parse(/T[\d:.]+$/.test(value) ? `${value}Z` : value)
  return Number.isNaN(at) ? null : at
}

/** Where the source identity has no id: the key is among its details or what was imported, and the last step reports by it (seen in real records). */
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

/** In order: the import echo, what the export changed, what the scoping step says. Whom the scope leaves out is disabled whatever was sent. */
function activeOf(raw: RawRecord, importStep: RawStep | undefined): boolean | null {
  const echoed = booleanOf(importStep?.details['active'])
  if (echoed !== null) return echoed
  for (const { displayName, newValue } of isOutOfScope(raw) ? [] : raw.modifiedProperties) {
    const enabled = enabledBy(displayName, newValue)
    if (enabled !== null) return enabled
  }
  const scoped = booleanOf(scopingOf(raw)['Active in the source system'])
  // Of nobody who is not active has a real record been seen. An account that was found disabled and left so says something else: then nothing is certain.
  const found = raw.provisioningSteps.find((step) => isType(step, 'matching'))?.details['accountEnabled']
  return scoped === true && booleanOf(found) === false ? null : scoped
}

/** Active Directory has no `accountEnabled`: its mapping writes `accountDisabled`, or the bit of `userAccountControl` that disables (documented by Microsoft). */
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

function shown(details: Readonly<Record<string, unknown>>): Record<string, string | null> {
  const values = bare<string | null>()
  for (const [key, value] of Object.entries(details)) {
    if (value === null || value === undefined) continue
    values[key] =
      typeof value === 'string'
        ? REDACTED.test(value)
          ? null
          : value
        : typeof value === 'number'
          ? String(value)
          : typeof value === 'boolean'
            ? spelled(value)
            : null
  }
  return values
}

/** As the service writes truth values among texts. */
function spelled(value: boolean): string {
  return value ? 'True' : 'False'
}

/** What is no JSON of an object or a list stays as it is. */
function unquoted(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
