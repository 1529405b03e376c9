import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bulk, createClock, CORE, ENTERPRISE, headers, open, employee, post, upload } from './support.ts'

interface GraphError {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly innerError: Readonly<Record<string, string>>
  }
}

async function errorOf(response: Response): Promise<GraphError['error']> {
  const body: GraphError = JSON.parse(await response.text())
  return body.error
}

const employees = (count: number): readonly Readonly<Record<string, unknown>>[] =>
  Array.from({ length: count }, (_, index) => employee(String(index)))

void test('an accepted request is answered 202 with an empty body and the log query of the job', async (t) => {
  const entra = await open(t)
  const response = await post(entra.endpoint, bulk([employee('1')]), { 'client-request-id': 'mine' })
  assert.equal(response.status, 202)
  assert.equal(await response.text(), '')
  const jobId = 'API2AAD.0b1c6d5284f34e07a9d63c5e7f901a24.c81d0f36-29a7-4f55-b0e2-6a4d913b7e08'
  const origin = `http://127.0.0.1:${entra.port}`
  assert.equal(
    response.headers.get('location'),
    `${origin}/v1.0/auditLogs/provisioning/?$filter=jobid%20eq%20'${jobId}'`,
  )
  assert.equal(response.headers.get('client-request-id'), 'mine')
  assert.match(response.headers.get('request-id') ?? '', /^[0-9a-f-]{36}$/)
  assert.ok(response.headers.has('date'))
  assert.equal(response.headers.get('content-length'), '0')
})

void test('beta answers with a beta location', async (t) => {
  const entra = await open(t)
  const response = await post(entra.endpoint.replace('/v1.0/', '/beta/'), bulk([employee('1')]))
  assert.match(response.headers.get('location') ?? '', /\/beta\/auditLogs\/provisioning\//u)
})

void test('a request without a token is answered 401 in the shape of Graph', async (t) => {
  const entra = await open(t)
  const response = await fetch(entra.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/scim+json' },
    body: '{}',
  })
  assert.equal(response.status, 401)
  const error = await errorOf(response)
  assert.equal(error.code, 'InvalidAuthenticationToken')
  assert.deepEqual(Object.keys(error.innerError), ['date', 'request-id', 'client-request-id'])
})

void test('with a list of tokens, only those are accepted', async (t) => {
  const entra = await open(t, { allowedTokens: ['good'] })
  assert.equal(
    (await post(entra.endpoint, bulk([employee('1')]), { authorization: 'Bearer bad' })).status,
    401,
  )
  assert.equal(
    (await post(entra.endpoint, bulk([employee('1')]), { authorization: 'Bearer good' })).status,
    202,
  )
})

void test('an unknown job or service principal is answered 404', async (t) => {
  const entra = await open(t)
  assert.equal(
    (await post(entra.endpoint.replace('/jobs/API2AAD', '/jobs/Other'), bulk([employee('1')]))).status,
    404,
  )
  assert.equal(
    (
      await post(
        entra.endpoint.replace('/servicePrincipals/5', '/servicePrincipals/6'),
        bulk([employee('1')]),
      )
    ).status,
    404,
  )
})

void test('a wrong content type, broken JSON and a violated schema are answered 400 Invalid Data Format', async (t) => {
  const entra = await open(t)
  const good = bulk([employee('1')])
  const operation = { method: 'POST', path: '/Users', bulkId: 'b', data: employee('1') }
  const withOperation = (change: object): unknown => ({ ...good, Operations: [{ ...operation, ...change }] })
  const bad: readonly unknown[] = [
    '{"schemas":',
    'null',
    '[]',
    { name: 'John Doe' },
    { ...good, schemas: ['urn:other'] },
    { ...good, Operations: [] },
    { ...good, Operations: 'x' },
    { ...good, Operations: [null] },
    withOperation({ method: 'DELETE' }),
    withOperation({ path: '/Groups' }),
    withOperation({ bulkId: '' }),
    withOperation({ data: null }),
    withOperation({ data: { ...employee('1'), externalId: undefined } }),
    withOperation({ data: { ...employee('1'), schemas: [] } }),
    withOperation({ data: { ...employee('1'), active: 'yes' } }),
  ]
  for (const body of bad) {
    const response = await post(entra.endpoint, body)
    assert.equal(response.status, 400, JSON.stringify(body))
    assert.match((await errorOf(response)).message, /^Invalid Data Format/)
  }
  const asJson = await post(entra.endpoint, good, { 'content-type': 'application/json' })
  assert.equal(asJson.status, 400)
  assert.equal((await entra.stats()).stagedNow, 0)
  assert.equal((await entra.stats()).rejected, bad.length + 1)
})

void test('50 operations are accepted and 51 are refused whole', async (t) => {
  const entra = await open(t)
  assert.equal((await post(entra.endpoint, bulk(employees(50)))).status, 202)
  assert.equal((await post(entra.endpoint, bulk(employees(51)))).status, 400)
  assert.equal((await entra.stats()).stagedNow, 50)
  const other = await open(t, { limits: { enabled: false, tooManyOperations: 413 } })
  assert.equal((await post(other.endpoint, bulk(employees(51)))).status, 413)
})

void test('strict validation refuses what the samples of Microsoft do against the reference', async (t) => {
  const good = bulk([employee('1')])
  const operation = { method: 'POST', path: '/Users', bulkId: 'b', data: employee('1') }
  const loose: readonly unknown[] = [
    { ...good, failOnErrors: undefined },
    { ...good, Operations: [operation, { ...operation, data: employee('2') }] },
    { ...good, Operations: [{ ...operation, path: '/users' }] },
    { ...good, Operations: [{ ...operation, data: employee('1', { schemas: [CORE] }) }] },
    { ...good, Operations: [{ ...operation, data: employee('1', { 'urn:x:User': { a: 'b' } }) }] },
  ]
  const [lenient, strict] = [await open(t), await open(t, { validation: 'strict' })]
  for (const body of loose) {
    assert.equal((await post(lenient.endpoint, body)).status, 202, JSON.stringify(body))
    assert.equal((await post(strict.endpoint, body)).status, 400, JSON.stringify(body))
  }
  assert.equal((await post(strict.endpoint, good)).status, 202)
  const custom = employee('1', { schemas: [CORE, ENTERPRISE, 'urn:x:User'], 'urn:x:User': { a: 'b' } })
  assert.equal((await post(strict.endpoint, bulk([custom]))).status, 202)
})

void test('the 41st call within 5 seconds is answered 429 with Retry-After and takes no place', async (t) => {
  const clock = createClock()
  const entra = await open(t, { limits: {} }, { now: clock.now })
  for (let call = 0; call < 40; call += 1) {
    await upload(entra, employee(String(call)))
    clock.advance(100)
  }
  const refused = await post(entra.endpoint, bulk([employee('x')]))
  assert.equal(refused.status, 429)
  assert.equal((await errorOf(refused)).code, 'TooManyRequests')
  assert.equal(refused.headers.get('retry-after'), '1')
  clock.advance(1000)
  await upload(entra, employee('x'))
  const { calls, accepted, throttled, peakCallsPer5s } = await entra.stats()
  assert.deepEqual(
    { calls, accepted, throttled, peakCallsPer5s },
    { calls: 42, accepted: 41, throttled: 1, peakCallsPer5s: 41 },
  )
})

void test('the daily quota is answered 429 until the first call is 24 hours old', async (t) => {
  const clock = createClock()
  const entra = await open(t, { limits: { callsPerDay: 3 }, retryAfter: 'fractional' }, { now: clock.now })
  for (let call = 0; call < 3; call += 1) await upload(entra, employee('1'))
  clock.advance(3_600_000)
  const refused = await post(entra.endpoint, bulk([employee('1')]))
  assert.equal(refused.status, 429)
  assert.equal(refused.headers.get('retry-after'), '82800.000')
  clock.advance(23 * 3_600_000)
  await upload(entra, employee('1'))
})

void test('a body over the limit is answered 413 and not read to its end', async (t) => {
  const entra = await open(t, { limits: { enabled: false, bodyBytes: 1000 } })
  assert.equal((await post(entra.endpoint, bulk([employee('1', { title: 'x'.repeat(2000) })]))).status, 413)
  assert.equal((await entra.stats()).stagedNow, 0)
})

void test('a GET of bulkUpload and an unknown path are refused', async (t) => {
  const entra = await open(t)
  assert.equal((await fetch(entra.endpoint, { headers })).status, 405)
  assert.equal((await fetch(`http://127.0.0.1:${entra.port}/v1.0/groups`, { headers })).status, 404)
})
