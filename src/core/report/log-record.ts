import { z } from 'zod'

/**
 * One provisioning-log record, reduced to what the join needs. It names no person by anything but the key HR gave.
 * Source of the shape: the `provisioningObjectSummary` resource and real API-driven records.
 */
export interface LogRecord {
  readonly id: string
  readonly jobId: string
  /** The `externalId` it speaks of. */
  readonly employee: string
  /** Whole seconds. */
  readonly activityAt: number
  readonly changeId: string
  readonly cycleId: string
  readonly action: string
  readonly status: 'success' | 'failure' | 'skipped' | 'warning' | 'unknown'
  /** Error code or skip reason. */
  readonly code: string | null
  readonly reason: string | null
  /** Entra object id, when there is an object. */
  readonly objectId: string | null
  /** What the import step echoes of the record that was sent; empty for a record without an import step. */
  readonly echo: Readonly<Record<string, string>>
  /** What the record shows of `active`, from the strongest evidence it holds; `null` when it shows nothing. */
  readonly active: boolean | null
  /** Has an import step: it speaks of something that was sent, and is no mere follow-up and no new try of what failed long ago. */
  readonly imported: boolean
  /** The service tries again what failed before: it speaks of an older submission. */
  readonly escrowRetry: boolean
  /** Of a new try: when the service put aside what it tries again, where the record says so. */
  readonly escrowedAt?: number | null
  /** A failure that the service will try again by itself. */
  readonly willRetry: boolean
  /** A reference (the manager) that could not be resolved yet. */
  readonly unresolved: boolean
}

const text = z
  .string()
  .nullish()
  .catch(null)
  .transform((value) => value ?? null)
const details = z
  .record(z.string(), z.unknown())
  .nullish()
  .catch(null)
  .transform((value) => value ?? {})
const identity = z.object({ id: text, details }).nullish().catch(null)

/** Loose on purpose: fields may be missing or of another form, enums may hold values nobody has seen yet, and none of it may cost an answer. */
const Raw = z.object({
  id: z.string().min(1),
  jobId: text,
  activityDateTime: z.string(),
  changeId: text,
  cycleId: text,
  provisioningAction: text,
  provisioningStatusInfo: z
    .object({ status: text, errorInformation: z.object({ errorCode: text, reason: text }).nullish().catch(null) })
    .nullish()
    .catch(null),
  provisioningSteps: z
    .array(
      z
        .object({ name: text, provisioningStepType: text, status: text, details })
        .catch({ name: null, provisioningStepType: null, status: null, details: {} }),
    )
    .nullish()
    .catch(null)
    .transform((steps) => steps ?? []),
  modifiedProperties: z
    .array(z.object({ displayName: text, oldValue: text, newValue: text }).catch({ displayName: null, oldValue: null, newValue: null }))
    .nullish()
    .catch(null)
    .transform((properties) => properties ?? []),
  sourceIdentity: identity,
  targetIdentity: identity,
})
type RawRecord = z.output<typeof Raw>
type RawStep = RawRecord['provisioningSteps'][number]

/** Documented: the service tries these again by itself. */
const RETRIED_BY_SERVICE = new Set(['TooManyRequests', 'InternalServerError', 'WebExceptionProtocolError', 'Timeout'])
/** The end of the reason in real records: "… It will be retried again after this date: …" */
const RETRY_ANNOUNCED = /will be retried again after/i

/** `null` for a record that has no id, no person or no time: it cannot speak of an operation. */
export function parseLogRecord(value: unknown): LogRecord | null {
  const parsed = Raw.safeParse(value)
  if (!parsed.success) return null
  const raw = parsed.data
  const activityAt = Date.parse(raw.activityDateTime)
  const employee = raw.sourceIdentity?.id
  if (!employee || Number.isNaN(activityAt)) return null

  const escrowRetry = raw.provisioningSteps.some(isRetry)
  const importStep = raw.provisioningSteps.find((step) => isType(step, 'import') && !isRetry(step))
  const skip = raw.provisioningSteps.find(
    (step) => typeof step.details['SkipReason'] === 'string' && step.status?.toLowerCase() === 'skipped',
  )
  const unresolved = raw.provisioningSteps.some((step) => step.details['SkipReason'] === 'UnableToResolveReferenceAttributeValue')
  const error = raw.provisioningStatusInfo?.errorInformation
  return {
    id: raw.id,
    jobId: raw.jobId ?? '',
    employee,
    activityAt,
    changeId: raw.changeId || raw.id,
    cycleId: raw.cycleId ?? '',
    action: raw.provisioningAction?.toLowerCase() ?? 'other',
    status: statusOf(raw.provisioningStatusInfo?.status ?? null),
    code: error?.errorCode ?? (skip ? String(skip.details['SkipReason']) : null),
    reason: error?.reason ?? null,
    objectId: raw.targetIdentity?.id || null,
    echo: importStep ? stringsOf(importStep.details) : {},
    active: activeOf(raw, importStep),
    imported: importStep !== undefined,
    escrowRetry,
    escrowedAt: escrowRetry ? momentOf(raw.provisioningSteps.find(isRetry)?.details['CreationTime']) : null,
    willRetry:
      statusOf(raw.provisioningStatusInfo?.status ?? null) === 'failure' &&
      (RETRIED_BY_SERVICE.has(error?.errorCode ?? '') || RETRY_ANNOUNCED.test(error?.reason ?? '')),
    unresolved,
  }
}

function statusOf(status: string | null): LogRecord['status'] {
  const lower = status?.toLowerCase()
  return lower === 'success' || lower === 'failure' || lower === 'skipped' || lower === 'warning' ? lower : 'unknown'
}

function isType(step: RawStep, type: string): boolean {
  return step.provisioningStepType?.toLowerCase() === type
}

/** The service tries again what failed, for weeks. Such a record may be younger than what was sent since, and speaks of none of it. */
function isRetry(step: RawStep): boolean {
  return step.name === 'EntryEscrowRetry' || step.details['TypeName'] === 'EscrowedEntryDefault'
}

function momentOf(value: unknown): number | null {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? null : at
}

/** In order: the import echo, what the export changed, what the scoping step says. */
function activeOf(raw: RawRecord, importStep: RawStep | undefined): boolean | null {
  const echoed = booleanOf(importStep?.details['active'])
  if (echoed !== null) return echoed
  const modified = raw.modifiedProperties.find((property) => property.displayName === 'accountEnabled')
  const enabled = booleanOf(modified?.newValue)
  if (enabled !== null) return enabled
  const scoping = raw.provisioningSteps.find((step) => isType(step, 'scoping'))
  return booleanOf(scoping?.details['Active in the source system'])
}

function booleanOf(value: unknown): boolean | null {
  const lower = typeof value === 'string' ? value.toLowerCase() : value
  return lower === 'true' || lower === true ? true : lower === 'false' || lower === false ? false : null
}

function stringsOf(details: Readonly<Record<string, unknown>>): Record<string, string> {
  const strings: Record<string, string> = {}
  for (const [key, value] of Object.entries(details)) if (typeof value === 'string') strings[key] = value
  return strings
}
