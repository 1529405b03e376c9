import { randomUUID } from 'node:crypto'

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

/** An HR event as the bus delivers it. */
export interface Event {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly data: {
    readonly effectiveDate: string
    readonly version: number
    readonly worker: Worker
  }
}

/** What an event says about an employee; what is missing is not said. */
export interface Worker {
  readonly userName?: string
  readonly displayName?: string
  readonly name?: { readonly givenName?: string; readonly familyName?: string }
  readonly title?: string | null
  readonly department?: string | null
  readonly managerId?: string | null
}

/** The SCIM record of what one event says. */
export const recordOf = ({ subject, type, data }: Event): object =>
  scimOf(subject, type !== 'worker.terminated', data.worker)

export function scimOf(externalId: string, active: boolean, worker: Worker): object {
  const { managerId, department, ...user } = worker
  return {
    schemas: [USER, ENTERPRISE],
    externalId,
    ...user,
    active,
    [ENTERPRISE]: {
      ...(department === undefined ? {} : { department }),
      ...(managerId === undefined ? {} : { manager: { value: managerId } }),
    },
  }
}

/** One call of bulkUpload. */
export function upload(records: readonly object[]): Promise<Response> {
  const Operations = records.map((data) => ({ method: 'POST', path: '/Users', bulkId: randomUUID(), data }))
  return fetch(process.env['PROVISIONING_ENDPOINT'] ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/scim+json', authorization: 'Bearer local' },
    body: JSON.stringify({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations,
      failOnErrors: null,
    }),
  })
}
