import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntraDouble } from '../../../src/local/entra/server.ts'
import { createClock, employee, headers, open, provision } from './support.ts'

const call = (entra: EntraDouble, path: string, method = 'GET', body?: unknown): Promise<Response> =>
  fetch(`http://127.0.0.1:${entra.port}/v1.0/users${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

interface Page {
  readonly '@odata.nextLink'?: string
  readonly value: readonly (Readonly<Record<string, unknown>> & { readonly id: string })[]
}
async function list(entra: EntraDouble, query = ''): Promise<Page> {
  const response = await call(entra, query)
  assert.equal(response.status, 200)
  const page: Page = JSON.parse(await response.text())
  return page
}

void test('users are what provisioning made of them, as Graph writes them', async (t) => {
  const entra = await open(t)
  const phone = [{ type: 'work', value: '+49 1' }]
  await provision(
    entra,
    employee('1', { title: 'Clerk', phoneNumbers: phone }),
    employee('2', { active: false }),
  )
  const { value } = await list(entra, '?$select=employeeId,accountEnabled,jobTitle,businessPhones,userType')
  assert.deepEqual(
    value.map((user) => ({ ...user, id: '' })),
    [
      {
        id: '',
        employeeId: '1',
        accountEnabled: true,
        jobTitle: 'Clerk',
        businessPhones: ['+49 1'],
        userType: 'Member',
      },
      {
        id: '',
        employeeId: '2',
        accountEnabled: false,
        jobTitle: null,
        businessPhones: [],
        userType: 'Member',
      },
    ],
  )
})

void test('an administrator disables, changes and deletes a user, and the next operation finds what is left', async (t) => {
  const entra = await open(t)
  await provision(entra, employee('1'), employee('2'))
  const [one, two] = (await list(entra)).value
  assert.equal((await call(entra, `/${one?.id}`, 'PATCH', { accountEnabled: false })).status, 204)
  assert.equal((await entra.directory())['1']?.active, false)
  assert.equal((await call(entra, `/${two?.id}`, 'DELETE')).status, 204)
  assert.equal((await call(entra, `/${two?.id}`, 'DELETE')).status, 404)
  await provision(entra, employee('1', { title: 'x' }), employee('2'))
  const { value } = await list(entra, '?$select=employeeId,accountEnabled')
  assert.deepEqual(
    value.map(({ employeeId, accountEnabled }) => [employeeId, accountEnabled]),
    [
      ['1', true],
      ['2', true],
    ],
  )
  assert.notEqual(value[1]?.id, two?.id)
})

void test('a list of users is refused as Graph refuses it: page size, unknown property, filter, no right', async (t) => {
  const entra = await open(t, { tokens: 'issued' })
  assert.equal((await call(entra, '')).status, 401)
  const other = await open(t)
  const addresses = Array.from({ length: 16 }, (_, n) => `proxyAddresses/any(p:p eq 'smtp:${n}@x')`)
  assert.equal((await call(other, `?$filter=${addresses.slice(1).join(' or ')}`)).status, 200)
  assert.equal((await call(other, `?$filter=${addresses.join(' or ')}`)).status, 400)
  for (const query of [
    '?$top=1000',
    '?$top=0',
    '?$select=salary',
    "?$filter=id eq '1'",
    "?$filter=jobTitle in ('1')",
    '?$skiptoken=x',
    '?$expand=memberOf',
    '?$expand=manager($select=id)',
  ])
    assert.equal((await call(other, query)).status, 400, query)
})

void test('a request costs one unit with $select, two without, and one more with $expand, and the limit names its wait', async (t) => {
  const { now, advance } = createClock()
  const entra = await open(t, { limits: { userUnitsPer10s: 3 } }, { now })
  assert.equal((await call(entra, '')).status, 200)
  assert.equal((await call(entra, '?$select=id')).status, 200)
  const refused = await call(entra, '?$select=id')
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '10'])
  advance(10_000)
  assert.equal((await call(entra, '?$select=id')).status, 200)
  assert.equal((await call(entra, '?$select=id&$expand=manager')).status, 200)
  assert.equal((await call(entra, '?$select=id')).status, 429)
  const { userRequests, userThrottled } = await entra.stats()
  assert.deepEqual({ userRequests, userThrottled }, { userRequests: 6, userThrottled: 2 })
})
