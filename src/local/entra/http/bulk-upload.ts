import type { Problem } from './exchange.ts'
import type { Staged } from '../cycle/provision.ts'
import { BULK_REQUEST, CORE_USER, ENTERPRISE_USER } from '../directory/scim.ts'
import type { Settings } from '../settings.ts'
import { isObject, parseJson } from '../support/json.ts'

type Json = Readonly<Record<string, unknown>>
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** "Invalid Data Format" is the documented message; the rest of the body is not documented. */
const invalid = (why: string): Problem => ({
  status: 400,
  code: 'BadRequest',
  message: `Invalid Data Format. ${why}`,
})

export interface Sender {
  readonly requestId: string
  readonly clientRequestId: string
}

/** The operations of a request's body, or why the service would not take it. */
export function readBulkRequest(
  text: string,
  contentType: string | undefined,
  settings: Settings,
  sender: Sender,
): readonly Staged[] | Problem {
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/scim+json') {
    return invalid("The Content-Type must be 'application/scim+json'.")
  }
  const body = parseJson(text)
  if (!isObject(body)) return invalid('The body is not a JSON object.')
  const { schemas, Operations: operations } = body
  if (!Array.isArray(schemas) || !schemas.includes(BULK_REQUEST))
    return invalid(`The schemas do not contain '${BULK_REQUEST}'.`)
  if (!Array.isArray(operations) || operations.length === 0)
    return invalid("'Operations' is missing or empty.")
  const { operationsPerCall, tooManyOperations } = settings.limits
  if (operations.length > operationsPerCall) {
    return {
      ...invalid(`A request takes at most ${operationsPerCall} operations.`),
      status: tooManyOperations,
    }
  }
  const strict = settings.validation === 'strict'
  if (strict && body['failOnErrors'] !== null) return invalid("'failOnErrors' must be null.")

  const staged: Staged[] = []
  const bulkIds = new Set<string>()
  for (const [index, operation] of operations.entries()) {
    const checked = strict ? checkStrictly(operation, bulkIds) : check(operation)
    if (typeof checked === 'string') return invalid(`Operation ${index}: ${checked}`)
    const { externalId, data } = checked
    staged.push({
      externalId,
      data,
      origin: {
        bulkId: checked.bulkId,
        requestId: sender.requestId,
        clientRequestId: sender.clientRequestId,
      },
    })
  }
  return staged
}

interface Checked {
  readonly bulkId: string
  readonly externalId: string
  readonly data: Json
}

function check(operation: unknown): Checked | string {
  if (!isObject(operation)) return 'is not an object.'
  const { method, path, bulkId, data } = operation
  if (typeof method !== 'string' || method.toUpperCase() !== 'POST') return "'method' must be 'POST'."
  if (typeof path !== 'string' || path.toLowerCase() !== '/users') return "'path' must be '/Users'."
  if (!isText(bulkId)) return "'bulkId' is missing."
  if (!isObject(data)) return "'data' is missing."
  const { schemas, externalId } = data
  if (!Array.isArray(schemas) || schemas.length === 0) return "'data.schemas' is missing."
  if (!isText(externalId)) return "'data.externalId' is missing."
  const { active } = data
  const isActive = active === undefined || active === null || typeof active === 'boolean'
  if (!isActive && !(typeof active === 'string' && /^(true|false)$/i.test(active)))
    return "'data.active' must be a boolean."
  return { bulkId, externalId, data }
}

function checkStrictly(operation: unknown, bulkIds: Set<string>): Checked | string {
  const checked = check(operation)
  if (typeof checked === 'string' || !isObject(operation)) return checked
  if (operation['method'] !== 'POST') return "'method' must be 'POST'."
  if (operation['path'] !== '/Users') return "'path' must be '/Users'."
  if (bulkIds.has(checked.bulkId)) return `The bulkId '${checked.bulkId}' is not unique.`
  bulkIds.add(checked.bulkId)
  const { data } = checked
  const schemas: unknown = data['schemas']
  if (!Array.isArray(schemas)) return "'data.schemas' is missing."
  const used = Object.keys(data).filter((key) => key.toLowerCase().startsWith('urn:'))
  const missing = [CORE_USER, ENTERPRISE_USER, ...used].find((urn) => !schemas.includes(urn))
  if (missing !== undefined) return `'data.schemas' does not contain '${missing}'.`
  if (data['active'] !== undefined && data['active'] !== null && typeof data['active'] !== 'boolean')
    return "'data.active' must be a boolean."
  return checked
}
