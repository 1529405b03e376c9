import { randomBytes } from 'node:crypto'
import type {
  CreateAnswer,
  DirectAccounts,
  FindAnswer,
  FoundAccount,
  PlaceChange,
} from '../../core/direct/accounts.ts'
import { isObject } from '../../core/json.ts'
import type { Json, ScimUser } from '../../core/model.ts'
import { ENTERPRISE_USER } from '../../core/plan/mapping/scim.ts'
import type { DirectDeactivation } from '../../core/ports.ts'
import { fieldsIn, textIn } from './answer.ts'
import { attempt, attemptReading } from './attempt.ts'
import type { Graph } from './client.ts'

/**
 * Where the SCIM 2.0 API of Entra ID is, in the place of Graph's version: `/rp/scim`
 * (https://learn.microsoft.com/en-us/entra/identity/app-provisioning/entra-id-scim-api-reference).
 */
export const SCIM_API = 'rp'

const USERS = '/scim/users'
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

/** `active` is `accountEnabled` in the directory. Nothing else is ever changed. */
const DEACTIVATION = patchOf([{ path: 'active', value: false }])

/**
 * `PATCH /rp/scim/users/{id}` through a client of `SCIM_API`, which needs `User.ReadWrite.All`. The
 * id is the object id, because `externalId` of this API is another attribute than the employee id.
 */
export function scimDeactivation(graph: Graph): DirectDeactivation {
  return {
    deactivate: (objectId, clientRequestId, cut) =>
      attempt(() => graph.patch(pathOf(objectId), DEACTIVATION, headersOf(clientRequestId), cut)),
  }
}

/**
 * Accounts through a client of `SCIM_API`, with the same permission. A new account gets a password
 * from `newPassword`, because the API requires one where the domain is not federated; it is kept
 * nowhere.
 */
export function scimAccounts(graph: Graph, newPassword: () => string): DirectAccounts {
  return {
    find: async ({ attribute, value }, { clientRequestId, cut }): Promise<FindAnswer> => {
      // Spaces around "=" are refused, and texts are those of JSON.
      const filter = encodeURIComponent(`${attribute} eq ${JSON.stringify(value)}`)
      const { reply, body } = await attemptReading(
        () => graph.get(`${USERS}?filter=${filter}`, cut, headersOf(clientRequestId)),
        readFound,
      )
      return { reply, accounts: body ?? [] }
    },
    create: async (user: ScimUser, { clientRequestId, cut }): Promise<CreateAnswer> => {
      const text = JSON.stringify({ ...user, password: newPassword() })
      const { reply, body } = await attemptReading(
        () => graph.post(USERS, text, headersOf(clientRequestId), cut),
        readCreated,
      )
      return { reply, objectId: body }
    },
    update: (objectId, changes, { clientRequestId, cut }) =>
      attempt(() => graph.patch(pathOf(objectId), patchOf(changes), headersOf(clientRequestId), cut)),
  }
}

/** Long and random, with every class of characters that a policy of passwords asks for. */
export function newPassword(): string {
  return `${randomBytes(30).toString('base64url')}aA1-`
}

function pathOf(objectId: string): string {
  return `${USERS}/${encodeURIComponent(objectId)}`
}

function headersOf(clientRequestId: string): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'application/scim+json',
    // Without it the API answers 400.
    Accept: 'application/json',
    'client-request-id': clientRequestId,
  }
}

function patchOf(changes: readonly PlaceChange[]): string {
  return JSON.stringify({
    schemas: [PATCH_OP],
    Operations: changes.map(({ path, value }) =>
      value === null ? { op: 'remove', path } : { op: 'replace', path, value },
    ),
  })
}

/** Throws for an answer that has no list: an account might be there all the same. */
async function readFound(response: Response): Promise<readonly FoundAccount[]> {
  const page = fieldsIn(await response.text())
  // The reference writes `resources`, and RFC 7644 `Resources`.
  const found = page['resources'] ?? page['Resources']
  if (!Array.isArray(found)) throw new TypeError('the answer has no list of users')
  return found.map((user: Json): FoundAccount => {
    const fields = isObject(user) ? user : {}
    const objectId = textIn(fields['id'])
    if (objectId === null) throw new TypeError('a user in the answer has no id')
    const enterprise = fields[ENTERPRISE_USER]
    const number = isObject(enterprise) ? enterprise['employeeNumber'] : null
    return { objectId, externalId: textIn(fields['externalId']), employeeNumber: textIn(number) }
  })
}

async function readCreated(response: Response): Promise<string | null> {
  return textIn(fieldsIn(await response.text())['id'])
}
