import { bare } from '../../own.ts'

/**
 * A record of the provisioning log as far as it is read. Reading is lenient: missing fields, other
 * forms and unknown values must not lose an answer, so whatever cannot be read counts as absent.
 */
export interface RawRecord {
  readonly id: string
  readonly jobId: string | null
  readonly activityDateTime: string
  readonly changeId: string | null
  readonly cycleId: string | null
  readonly provisioningAction: string | null
  readonly provisioningStatusInfo: {
    readonly status: string | null
    readonly errorInformation: ErrorInformation | null
  } | null
  /** The beta version's names of the two fields above, with the error beside the status. */
  readonly action: string | null
  readonly statusInfo: (ErrorInformation & { readonly status: string | null }) | null
  readonly provisioningSteps: readonly RawStep[]
  readonly modifiedProperties: readonly ModifiedProperty[]
  readonly sourceIdentity: Identity | null
  readonly targetIdentity: Identity | null
}

export interface RawStep {
  readonly name: string | null
  readonly provisioningStepType: string | null
  readonly status: string | null
  readonly details: Details
}

interface ErrorInformation {
  readonly errorCode: string | null
  readonly reason: string | null
}

interface ModifiedProperty {
  readonly displayName: string | null
  readonly oldValue: string | null
  readonly newValue: string | null
}

interface Identity {
  readonly id: string | null
  readonly details: Details
}

/** An object of any shape; exports of the log contain it as JSON text. */
type Details = Readonly<Record<string, unknown>>
type Fields = Readonly<Record<string, unknown>>

/** `null` for a record without an id or a time. */
export function readRawRecord(value: unknown): RawRecord | null {
  const raw = fieldsOf(value)
  if (!raw) return null
  const id = typeof raw['id'] === 'number' ? textOf(raw['id']) : raw['id']
  const at = raw['activityDateTime']
  if (typeof id !== 'string' || id === '' || typeof at !== 'string') return null
  return {
    id,
    jobId: textOf(raw['jobId']),
    activityDateTime: at,
    changeId: textOf(raw['changeId']),
    cycleId: textOf(raw['cycleId']),
    provisioningAction: textOf(raw['provisioningAction']),
    provisioningStatusInfo: statusInfoOf(fieldsOf(unquoted(raw['provisioningStatusInfo']))),
    action: textOf(raw['action']),
    statusInfo: betaStatusInfoOf(fieldsOf(raw['statusInfo'])),
    provisioningSteps: listOf(raw['provisioningSteps'], stepOf),
    modifiedProperties: listOf(raw['modifiedProperties'], propertyOf),
    sourceIdentity: identityOf(fieldsOf(unquoted(raw['sourceIdentity']))),
    targetIdentity: identityOf(fieldsOf(unquoted(raw['targetIdentity']))),
  }
}

export function isType(step: RawStep, type: string): boolean {
  return step.provisioningStepType?.toLowerCase() === type
}

/** As the service writes booleans among texts. */
export function spelled(value: boolean): string {
  return value ? 'True' : 'False'
}

function fieldsOf(value: unknown): Fields | null {
  return isFields(value) ? value : null
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Some texts arrive as numbers or booleans. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return typeof value === 'boolean' ? spelled(value) : null
}

function listOf<T>(value: unknown, read: (item: Fields) => T): readonly T[] {
  const items: unknown = unquoted(value)
  return Array.isArray(items) ? items.map((item: unknown) => read(fieldsOf(item) ?? {})) : []
}

function stepOf(step: Fields): RawStep {
  return {
    name: textOf(step['name']),
    provisioningStepType: textOf(step['provisioningStepType']),
    status: textOf(step['status']),
    details: detailsOf(step['details']),
  }
}

function propertyOf(property: Fields): ModifiedProperty {
  return {
    displayName: textOf(property['displayName']),
    oldValue: textOf(property['oldValue']),
    newValue: textOf(property['newValue']),
  }
}

function statusInfoOf(info: Fields | null): RawRecord['provisioningStatusInfo'] {
  if (!info) return null
  const error = fieldsOf(info['errorInformation'])
  return { status: textOf(info['status']), errorInformation: error && errorOf(error) }
}

function betaStatusInfoOf(info: Fields | null): RawRecord['statusInfo'] {
  return info && { status: textOf(info['status']), ...errorOf(info) }
}

function errorOf(error: Fields): ErrorInformation {
  return { errorCode: textOf(error['errorCode']), reason: textOf(error['reason']) }
}

function identityOf(identity: Fields | null): Identity | null {
  return identity && { id: textOf(identity['id']), details: detailsOf(identity['details']) }
}

/** Names come from outside: without a prototype, none of them has a built-in meaning. */
function detailsOf(value: unknown): Details {
  const details = bare<unknown>()
  for (const [name, detail] of Object.entries(fieldsOf(unquoted(value)) ?? {}))
    if (name !== '__proto__') details[name] = detail
  return details
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
