import type { DirectDeactivation } from '../../core/ports.ts'
import { attempt } from './attempt.ts'
import type { Graph } from './client.ts'

/**
 * Where the SCIM 2.0 API of Entra ID is, in the place of Graph's version: `/rp/scim`
 * (https://learn.microsoft.com/en-us/entra/identity/app-provisioning/entra-id-scim-api-reference).
 */
export const SCIM_API = 'rp'

/** `active` is `accountEnabled` in the directory. Nothing else is ever changed. */
const DEACTIVATION = JSON.stringify({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations: [{ op: 'replace', path: 'active', value: false }],
})

/**
 * `PATCH /rp/scim/users/{id}` through a client of `SCIM_API`, which needs `User.ReadWrite.All`. The
 * id is the object id, because `externalId` of this API is another attribute than the employee id.
 */
export function scimDeactivation(graph: Graph): DirectDeactivation {
  return {
    deactivate: (objectId, clientRequestId, cut) => {
      const headers = {
        'Content-Type': 'application/scim+json',
        // Without it the API answers 400.
        Accept: 'application/json',
        'client-request-id': clientRequestId,
      }
      const path = `/scim/users/${encodeURIComponent(objectId)}`
      return attempt(() => graph.patch(path, DEACTIVATION, headers, cut))
    },
  }
}
