import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it, type TestContext } from 'node:test'
import { graphAccounts } from '../../../src/adapters/graph/accounts.ts'
import { graphClient } from '../../../src/adapters/graph/client.ts'
import { localCredential } from '../../../src/adapters/graph/credential.ts'
import { parseEndpoint } from '../../../src/adapters/graph/endpoint.ts'
import { propertiesOf } from '../../../src/core/directory/properties.ts'
import type { RollcallError } from '../../../src/core/errors.ts'
import type { Account, AccountReader } from '../../../src/core/ports.ts'
import { type EntraDouble, startEntra } from '../../../src/local/entra/server.ts'
import { accountList } from '../../fakes/account-list.ts'
import { employee, headers, open, provision } from '../../local/entra/support.ts'
import { exerciseAccounts } from '../../suites/conformance/accounts.ts'

const { signal } = new AbortController()
const TITLE = new Map([['title', 'jobTitle']])

function readerFor(endpointUrl: string, properties = TITLE, top = 2, manager = false): AccountReader {
  const graph = graphClient(parseEndpoint(endpointUrl, true), localCredential, 5_000, Date.now)
  return graphAccounts(graph, { properties, manager }, Date.now, top)
}

/** Puts an account into the directory of the double, as an administrator would. */
async function create(entra: EntraDouble, user: Readonly<Record<string, unknown>>): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${entra.port}/v1.0/users`, {
    method: 'POST',
    headers,
    body: JSON.stringify(user),
  })
  assert.equal(response.status, 201)
  const { id }: { readonly id: string } = JSON.parse(await response.text())
  return id
}

const asUser = ({ employeeId, userName, enabled, isGuest, values }: Omit<Account, 'objectId'>) => ({
  employeeId,
  userPrincipalName: userName,
  accountEnabled: enabled,
  userType: isGuest ? 'Guest' : 'Member',
  jobTitle: values.get('title') ?? null,
})

exerciseAccounts('the double, through Graph', async (held) => {
  const entra = await startEntra({ settings: { cycleMs: 3_600_000 } })
  for (const one of held) await create(entra, asUser(one))
  return { reader: readerFor(entra.endpoint), close: () => entra.stop() }
})
exerciseAccounts('the list in memory', async (held) => ({
  reader: accountList(held.map((one, index) => ({ ...one, objectId: String(index) }))),
  close: async () => {},
}))

void it('an account is named as the directory holds it, not as HR wrote it', async (t) => {
  const entra = await open(t)
  await provision(entra, employee('1', { userName: 'ada' }))
  const [held] = (await readerFor(entra.endpoint).page({ next: null, signal })).accounts
  assert.ok(held)
  await fetch(`http://127.0.0.1:${entra.port}/v1.0/users/${held.objectId}`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify({ mail: 'ada@mail.example.com' }),
  })
  assert.deepEqual(await readerFor(entra.endpoint).findNames([held.objectId], signal), [
    { objectId: held.objectId, userName: held.userName, mail: 'ada@mail.example.com' },
  ])
  assert.match(held.userName ?? '', /^ada@/)
})

void it('an account is found by any of its mail addresses, primary or not, and not by its other addresses', async (t) => {
  const entra = await open(t)
  const proxyAddresses = ['SMTP:Ada@contoso.com', "smtp:o'neil@contoso.com", 'SIP:sip@contoso.com']
  await create(entra, { employeeId: '1', userPrincipalName: 'a1@contoso.com', proxyAddresses })
  await create(entra, { employeeId: '2', userPrincipalName: 'a2@contoso.com' })
  const found = async (name: string): Promise<readonly (string | null)[]> =>
    (await readerFor(entra.endpoint).findByName([name, 'nobody@contoso.com'], signal)).map(
      ({ employeeId }) => employeeId,
    )
  assert.deepEqual(
    await Promise.all(
      ['ada@contoso.com', "O'Neil@contoso.com", 'A2@contoso.com', 'sip@contoso.com'].map(found),
    ),
    [['1'], ['1'], ['2'], []],
  )
})

async function answering(t: TestContext, answer: RequestListener): Promise<AccountReader> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => (server.closeAllConnections(), server.close()))
  const { port } = server.address() as AddressInfo
  return readerFor(`http://127.0.0.1:${port}/v1.0/servicePrincipals/s/synchronization/jobs/j/bulkUpload`)
}
const failureOf = (
  work: Promise<unknown>,
): Promise<RollcallError & { readonly retryAfterMs?: number | null }> =>
  work.then(
    () => assert.fail('it was answered'),
    (error) => error,
  )

void it('what a list of users cannot be read for is said: the right, the limit, or anything else', async (t) => {
  const answers: readonly (readonly [status: number, body: string, more?: Record<string, string>])[] = [
    [403, '{}'],
    [401, '{}'],
    [429, '{}', { 'retry-after': '7' }],
    [429, '{}'],
    [503, '<html>'],
    [200, '{"value": {}}'],
    [200, '{"value": [], "@odata.nextLink": 7}'],
    [200, '{"value": ['],
  ]
  let at = 0
  const reader = await answering(t, (_, response) => {
    const [status, body, more = {}] = answers[at++] ?? [500, '']
    response.writeHead(status, more).end(body)
  })
  const seen: unknown[] = []
  for (const _ of answers) {
    const { code, retryAfterMs } = await failureOf(reader.page({ next: null, signal }))
    seen.push(retryAfterMs === undefined ? code : [code, retryAfterMs])
  }
  assert.deepEqual(seen, [
    'DirectoryForbidden',
    'DirectoryForbidden',
    ['DirectoryThrottled', 7_000],
    ['DirectoryThrottled', null],
    'DirectoryUnavailable',
    'DirectoryUnavailable',
    'DirectoryUnavailable',
    'DirectoryUnavailable',
  ])
})

void it('an id that is none of Entra keeps no other account from being named', async (t) => {
  const seen: string[] = []
  const reader = await answering(t, ({ url = '' }, response) => {
    seen.push(decodeURIComponent(url))
    response.end(JSON.stringify({ value: [] }))
  })
  const id = '8d0c2f4e-0000-4000-8000-000000000001'
  await reader.findNames(['CN=Ada,OU=Staff', id], signal)
  await reader.findNames(['CN=Ada,OU=Staff'], signal)
  assert.deepEqual(seen, [`/v1.0/users?$select=id,userPrincipalName,mail&$top=999&$filter=id in ('${id}')`])
})

void it('a next page is asked for at the configured origin, whatever host its link names', async (t) => {
  const seen: string[] = []
  const reader = await answering(t, ({ url = '' }, response) => {
    seen.push(url)
    const link = { '@odata.nextLink': 'https://elsewhere.example/v1.0/users?$skiptoken=x' }
    response.end(JSON.stringify({ value: [], ...(seen.length === 1 ? link : {}) }))
  })
  const { next } = await reader.page({ next: null, signal })
  assert.deepEqual((await reader.page({ next, signal })).next, null)
  assert.deepEqual(seen, [
    '/v1.0/users?$select=id,employeeId,userPrincipalName,accountEnabled,userType,jobTitle&$top=2',
    '/v1.0/users?$skiptoken=x',
  ])
})

void it('each attribute that the default mapping writes is read back from the property it went to', async (t) => {
  const entra = await open(t)
  const values = new Map([...propertiesOf().keys()].map((place, index) => [place, `value ${index}`]))
  const graph = new Map([...propertiesOf()].map(([place, property]) => [property, values.get(place) ?? '']))
  const { businessPhones, ...plain } = Object.fromEntries(graph)
  const id = await create(entra, { employeeId: '9', ...plain, businessPhones: [businessPhones] })
  const { accounts } = await readerFor(entra.endpoint, new Map(propertiesOf())).page({ next: null, signal })
  assert.deepEqual(
    accounts.map(({ objectId, values: read }) => [objectId, read]),
    [[id, values]],
  )
})

void it('the manager is read by its object id with each account, 100 accounts a page, and only when asked for', async (t) => {
  const entra = await open(t)
  const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
  const led = (id: string, by: string) => employee(id, { [enterprise]: { manager: { value: by } } })
  await provision(entra, employee('boss'), led('1', 'boss'), led('2', 'boss'))
  const directory = await entra.directory()
  const objectOf = (id: string): string => directory[id]?.objectId ?? assert.fail(id)
  const asAdministrator = (id: string, method: string, body?: object): Promise<Response> =>
    fetch(`http://127.0.0.1:${entra.port}/v1.0/users/${objectOf(id)}/manager/$ref`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  const odataId = `https://graph.microsoft.com/v1.0/users/${objectOf('1')}`
  assert.equal((await asAdministrator('2', 'PUT', { '@odata.id': odataId })).status, 204)
  for (let n = 0; n < 100; n += 1) await create(entra, { employeeId: `x${n}` })
  const read = async (manager: boolean) => {
    const reader = readerFor(entra.endpoint, TITLE, 999, manager)
    const { accounts, next } = await reader.page({ next: null, signal })
    const managers = new Map(accounts.map((one) => [one.employeeId, one.manager]))
    return { size: accounts.length, more: next !== null, of: (id: string) => managers.get(id) }
  }
  const { size, more, of } = await read(true)
  assert.deepEqual([size, more], [100, true])
  assert.deepEqual([of('boss'), of('1'), of('2')], [null, objectOf('boss'), objectOf('1')])
  assert.equal((await asAdministrator('2', 'DELETE')).status, 204)
  assert.equal((await read(true)).of('2'), null)
  const without = await read(false)
  assert.deepEqual([without.size, without.more, without.of('1')], [103, false, undefined])
})
