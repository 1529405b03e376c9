import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntraDouble } from '../../../src/local/entra/server.ts'
import { askToken, employee, headers, open, provision } from './support.ts'

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}
async function get(entra: EntraDouble, after: string, version = 'beta'): Promise<Answer> {
  const job = entra.endpoint.replace('/v1.0/', `/${version}/`).replace(/\/bulkUpload$/, '')
  const response = await fetch(`${job}/objectConnections${after}`, { headers })
  return { status: response.status, body: JSON.parse(await response.text()) }
}

void test('a connection is in the beta only, for one id, and is never listed', async (t) => {
  const entra = await open(t)
  await provision(entra, employee('1'))
  assert.equal((await get(entra, "('1')", 'v1.0')).status, 404)
  assert.equal((await get(entra, '')).status, 400)
  assert.equal((await get(entra, "('1')?$top=1")).status, 400)
  const { status, body } = await get(entra, '/1')
  assert.deepEqual([status, body['sourceAnchor']], [200, '1'])
  assert.deepEqual((await get(entra, "('1')?$select=targetAnchor,objectTypeName")).body, {
    '@odata.context': `http://127.0.0.1:${entra.port}/beta/$metadata#objectConnection/$entity`,
    targetAnchor: body['targetAnchor'],
    objectTypeName: 'User',
  })
})

void test('there is a connection from the first operation that was carried out, and none of another job', async (t) => {
  const entra = await open(t, { mandatory: ['title'] })
  await provision(entra, employee('1'), employee('2', { title: 'Clerk' }))
  assert.equal((await get(entra, "('1')")).status, 404, 'its create failed')
  assert.equal((await get(entra, "('2')")).status, 200)
  const elsewhere = await fetch(
    `http://127.0.0.1:${entra.port}/beta/servicePrincipals/s/synchronization/jobs/j/objectConnections('2')`,
    { headers },
  )
  assert.equal(elsewhere.status, 404)
})

void test('it is asked for with a permission of its own', async (t) => {
  const entra = await open(t, {
    tokens: 'issued',
    clients: [
      { clientId: 'job', permissions: ['Synchronization.Read.All'] },
      { clientId: 'all', permissions: ['SynchronizationMetadata.Read.All'] },
    ],
  })
  for (const [client, status] of [
    ['job', 403],
    ['all', 404],
  ] as const) {
    const { access_token: token } = await askToken(entra, { client_id: client, client_secret: 's' })
    const url = entra.endpoint.replace('/v1.0/', '/beta/').replace('bulkUpload', "objectConnections('1')")
    assert.equal((await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status, status)
  }
})

void test('where the source anchor is something else, an employee id finds nothing and the account does', async (t) => {
  const entra = await open(t, { sourceAnchor: 'other' })
  await provision(entra, employee('1'))
  assert.equal((await get(entra, "('1')")).status, 404)
  const objectId = (await entra.directory())['1']?.objectId
  const { status, body } = await get(entra, `('${objectId}')`)
  assert.deepEqual([status, body['targetAnchor']], [200, objectId])
  assert.notEqual(body['sourceAnchor'], '1')
})
