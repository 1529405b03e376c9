import type { UploadAnswer } from '../../../../src/core/ports.ts'
import type { Json, JsonObject } from '../../../../src/core/model.ts'
import { response } from '../../../fakes/upload-answer.ts'
import type { Holding } from '../judge/oracle.ts'

export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

/** An operation as the service was sent it. */
export interface Sent {
  readonly id: string
  readonly employee: string
  readonly active: boolean
  readonly record: JsonObject
}

/** What the service answers instead of taking a call. */
export const REFUSALS = {
  busy: response(429, { retryAfter: '7' }),
  down: response(503),
  gateway: response(502, { retryAfter: '40' }),
  full: response(500, { message: 'The bucket that stores the ingested data is full' }),
  garbage: response(200),
  forbidden: response(403, { code: 'Forbidden' }),
  unauthorized: response(401),
  'not found': response(404),
  odd: response(409, { code: 'Conflict' }),
} as const satisfies Readonly<Record<string, UploadAnswer>>

/** Half of the failures name the attribute. */
export function naming(isNamed: boolean): JsonObject {
  const reason = isNamed ? "the attribute 'title' is not valid" : 'it was not possible'
  return {
    provisioningStatusInfo: { status: 'failure', errorInformation: { errorCode: 'InvalidValue', reason } },
  }
}

/** The operations of a call, by what is in its body. */
export function sentIn(body: string): readonly Sent[] {
  const { Operations } = JSON.parse(body) as {
    readonly Operations: readonly { readonly bulkId: string; readonly data: JsonObject }[]
  }
  return Operations.map(({ bulkId, data }) => ({
    id: bulkId,
    employee: typeof data['externalId'] === 'string' ? data['externalId'] : '',
    active: data['active'] === true,
    record: data,
  }))
}

/** The log repeats what was imported, with keys that have neither dots nor colons. */
export function echoOf(record: JsonObject): Readonly<Record<string, string>> {
  const { userName, title } = record
  const shown = [
    ['userName', userName],
    ['title', title],
    ['urnietfparamsscimschemasextensionenterprise20Userdepartment', departmentOf(record)],
  ] as const
  return Object.fromEntries(
    shown.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  )
}

function departmentOf(record: JsonObject): Json | undefined {
  const enterprise = record[ENTERPRISE]
  return typeof enterprise === 'object' && enterprise !== null && !Array.isArray(enterprise)
    ? (enterprise as JsonObject)['department']
    : undefined
}

/** A whole record: what it does not name stays, and `null` clears. */
export function merged(before: Holding, record: JsonObject): Holding {
  const values = new Map<string, string | boolean>(Object.entries(before))
  const set = (name: string, value: Json | undefined): void => {
    if (value === null) values.delete(name)
    else if (typeof value === 'string' || typeof value === 'boolean') values.set(name, value)
  }
  for (const name of ['userName', 'title', 'active']) set(name, record[name])
  set('department', departmentOf(record))
  return Object.fromEntries([...values].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
