import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { EntraDouble } from '../../../src/local/entra/server.ts'
import type { EntraSettings } from '../../../src/local/entra/settings.ts'
import { askToken, CORE, employee, ENTERPRISE, open, provision, recordsOf } from './support.ts'

const ACCEPT = { accept: 'application/json' }
const DISABLE = { op: 'replace', path: 'active', value: false }

interface Given {
  readonly method?: string
  readonly operations?: readonly unknown[]
  readonly user?: object
  readonly headers?: Readonly<Record<string, string>>
}
function call(
  entra: EntraDouble,
  path: string,
  { method = 'GET', operations, user, headers = ACCEPT }: Given = {},
) {
  const patched = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations }
  return fetch(`http://127.0.0.1:${entra.port}/rp/scim${path}`, {
    method,
    headers: { authorization: 'Bearer any', 'content-type': 'application/scim+json', ...headers },
    ...(operations === undefined && user === undefined ? {} : { body: JSON.stringify(user ?? patched) }),
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
  assert.equal((await problemOf(await call(entra, `/users/${id}`, { method: 'PUT' })))[0], 405)
  const config = '/serviceproviderconfig'
  assert.equal((await problemOf(await call(entra, config, { method: 'DELETE' })))[0], 405)
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

const ENTRA = 'urn:ietf:params:scim:schemas:extension:Microsoft:Entra:2.0:User'
const newUser = (more: object = {}) => ({
  schemas: [CORE, ENTERPRISE, ENTRA],
  externalId: '2',
  userName: '2@example.com',
  displayName: 'Two',
  password: 'x',
  active: true,
  name: { givenName: 'T', familyName: 'Wo' },
  emails: [{ type: 'work', primary: true, value: 'two@example.com' }],
  [ENTERPRISE]: { employeeNumber: '2', manager: { value: 'm' } },
  [ENTRA]: { mailNickname: 'two' },
  ...more,
})
const create = (entra: EntraDouble, more?: object): Promise<Response> =>
  call(entra, '/users', { method: 'POST', user: newUser(more) })
async function idOf(response: Response): Promise<string> {
  assert.equal(response.status, 201)
  const { id }: { id: string } = JSON.parse(await response.text())
  return id
}

void test('a user without a required attribute, with one the API does not know, or with a name that is taken is not created', async (t) => {
  const { entra } = await withOne(t)
  const refused = async (more: object) => (await problemOf(await create(entra, more))).join(' ')
  assert.match(await refused({ password: undefined }), /^400 .*password/)
  assert.match(await refused({ [ENTRA]: {} }), /^400 .*mailNickname/)
  assert.match(await refused({ nickName: 'T' }), /^400 .*nickName/)
  assert.match(await refused({ emails: [{ type: 'work', value: 'two@example.com' }] }), /^400 .*emails/)
  assert.match(await refused({ title: 'x'.repeat(200) }), /^400 .*jobTitle/)
  assert.match(await refused({ userName: '1@example.com' }), /^409 .*userPrincipalName/)
  const { users, scimBilled } = await entra.stats()
  assert.deepEqual([users, scimBilled], [1, 0])
})

void test('a user is created at once, is found by externalId, changed, cleared and deleted', async (t) => {
  const entra = await open(t)
  const id = await idOf(await create(entra))
  const read = async (): Promise<Readonly<Record<string, unknown>>> => {
    const response = await call(entra, '/users?filter=externalId%20eq%20%222%22')
    const { resources }: { resources: Record<string, unknown>[] } = JSON.parse(await response.text())
    return resources[0] ?? {}
  }
  const user = await read()
  assert.deepEqual([user['id'], user['userName'], user['active']], [id, '2@example.com', true])
  assert.deepEqual(user[ENTERPRISE], { employeeNumber: '2', manager: { value: 'm' } })
  const manager = `${ENTERPRISE}:manager`
  const changes = [
    { op: 'Replace', path: 'title', value: 'Head' },
    { op: 'remove', path: manager },
  ]
  assert.equal((await patch(entra, id, ...changes)).status, 204)
  const changed = await read()
  assert.deepEqual([changed['title'], changed[ENTERPRISE]], ['Head', { employeeNumber: '2' }])
  const remove = { op: 'remove', path: `${ENTRA}:mailNickname` }
  assert.equal((await patch(entra, id, remove)).status, 400)
  assert.equal((await call(entra, `/users/${id}`, { method: 'DELETE' })).status, 204)
  assert.equal((await patch(entra, id, DISABLE)).status, 404)
})

void test('the job finds a user that the SCIM API created by the employee id', async (t) => {
  const entra = await open(t)
  const id = await idOf(await create(entra))
  await provision(entra, employee('2', { title: 'Head' }))
  assert.equal((await entra.directory())['2']?.objectId, id)
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
