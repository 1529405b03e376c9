import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { EntraDouble } from '../../../src/local/entra/server.ts'
import type { EntraSettings } from '../../../src/local/entra/settings.ts'
import { askToken, employee, open, provision, recordsOf } from './support.ts'

const ACCEPT = { accept: 'application/json' }
const DISABLE = { op: 'replace', path: 'active', value: false }

interface Given {
  readonly method?: string
  readonly operations?: readonly unknown[]
  readonly headers?: Readonly<Record<string, string>>
}
function call(
  entra: EntraDouble,
  path: string,
  { method = 'GET', operations, headers = ACCEPT }: Given = {},
) {
  const body = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations }
  return fetch(`http://127.0.0.1:${entra.port}/rp/scim${path}`, {
    method,
    headers: { authorization: 'Bearer any', 'content-type': 'application/scim+json', ...headers },
    ...(operations === undefined ? {} : { body: JSON.stringify(body) }),
  })
}
const patch = (entra: EntraDouble, id: string, ...operations: readonly unknown[]): Promise<Response> =>
  call(entra, `/users/${id}`, { method: 'PATCH', operations })

/** A double with one employee, and the object id of the account. */
async function withOne(t: TestContext, settings: Partial<EntraSettings> = {}) {
  const entra = await open(t, settings)
  await provision(entra, employee('1'))
  return { entra, id: (await entra.directory())['1']?.objectId ?? '' }
}
async function problemOf(response: Response): Promise<readonly [status: number, detail: string]> {
  const body: { schemas: readonly string[]; detail: string; status: string } = JSON.parse(
    await response.text(),
  )
  assert.deepEqual(body.schemas, ['urn:ietf:params:scim:api:messages:2.0:Error'])
  assert.equal(body.status, String(response.status))
  return [response.status, body.detail]
}

void test('what the SCIM API refuses, it refuses in the form of SCIM, and bills only a user who is not there', async (t) => {
  const { entra, id } = await withOne(t)
  const unknown = '00000000-0000-0000-0000-000000000000'
  assert.equal((await problemOf(await call(entra, `/users/${id}`, { headers: { accept: '' } })))[0], 400)
  assert.equal((await problemOf(await patch(entra, id, { ...DISABLE, path: 'nickName' })))[0], 400)
  assert.equal((await problemOf(await patch(entra, id, { ...DISABLE, value: 'False' })))[0], 400)
  assert.equal((await problemOf(await call(entra, '/users?filter=title%20eq%20%22x%22')))[0], 400)
  assert.equal((await problemOf(await call(entra, `/users/${id}`, { method: 'DELETE' })))[0], 405)
  assert.equal((await entra.stats()).scimBilled, 0)
  assert.equal((await problemOf(await patch(entra, unknown, DISABLE)))[0], 404)
  assert.equal((await entra.stats()).scimBilled, 1)
  assert.equal((await entra.directory())['1']?.active, true)
})

void test('without the right to change users nothing is changed', async (t) => {
  const client = { clientId: 'c', clientSecret: 's', permissions: ['User.Read.All'] }
  const entra = await open(t, { tokens: 'issued', clients: [client] })
  const { access_token: token } = await askToken(entra, { client_id: 'c', client_secret: 's' })
  const headers = { ...ACCEPT, authorization: `Bearer ${token}` }
  const refused = await call(entra, '/users/x', { method: 'PATCH', operations: [DISABLE], headers })
  assert.equal((await problemOf(refused))[0], 403)
  assert.equal((await call(entra, '/users', { headers })).status, 200)
})

void test('an API that is not turned on in the tenant refuses everything and says so', async (t) => {
  const { entra, id } = await withOne(t, { scimApi: 'disabled' })
  const [status, detail] = await problemOf(await patch(entra, id, DISABLE))
  assert.equal(status, 400)
  assert.match(detail, /scimapiconsumptions/)
  assert.equal((await entra.directory())['1']?.active, true)
})

void test('too many changes are answered 429 with Retry-After', async (t) => {
  const { entra, id } = await withOne(t, { limits: { userWritesPer150s: 1 } })
  assert.equal((await patch(entra, id, DISABLE)).status, 204)
  const second = await patch(entra, id, DISABLE)
  assert.equal(second.status, 429)
  assert.ok(Number(second.headers.get('retry-after')) > 0)
})

void test('a user is found by object id and user name, not by the employee id', async (t) => {
  const { entra, id } = await withOne(t)
  const found = async (filter: string): Promise<unknown> => {
    const response = await call(entra, `/users?filter=${encodeURIComponent(filter)}`)
    const { resources }: { resources: readonly { id: string }[] } = JSON.parse(await response.text())
    return resources.map((user) => user.id)
  }
  assert.deepEqual(await found(`id eq "${id}"`), [id])
  assert.deepEqual(await found('userName eq "1@example.com"'), [id])
  assert.deepEqual(await found('externalId eq "1"'), [])
  const user: Readonly<Record<string, unknown>> = JSON.parse(await (await call(entra, `/users/${id}`)).text())
  assert.equal(user['active'], true)
  assert.equal(user['externalId'], undefined)
})

void test('a change is there at once, the provisioning log has no record of it, and the job finds it done', async (t) => {
  const { entra, id } = await withOne(t)
  assert.equal((await patch(entra, id, DISABLE)).status, 204)
  assert.equal((await entra.directory())['1']?.active, false)
  assert.equal((await recordsOf(entra, '1')).length, 1, 'that of the hire')
  await provision(entra, employee('1', { active: false }))
  const [newest] = await recordsOf(entra, '1')
  assert.equal(newest?.provisioningStatusInfo.status, 'skipped')
  assert.ok(newest.provisioningSteps.some(({ details }) => details['SkipReason'] === 'RedundantExport'))
})
