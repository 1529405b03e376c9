import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import type { TokenCredential } from '@azure/identity'
import { graphClient } from '../../../src/adapters/graph/client.ts'
import { localCredential } from '../../../src/adapters/graph/credential.ts'
import { parseEndpoint } from '../../../src/adapters/graph/endpoint.ts'
import { graphProvisioning } from '../../../src/adapters/graph/provisioning.ts'
import type { Provisioning, UploadAnswer } from '../../../src/core/ports.ts'
import { bulkRequest } from '../../../src/core/provision/batch.ts'
import { verdictOf } from '../../../src/core/provision/verdict.ts'
import { type EntraDouble, startEntra } from '../../../src/local/entra/server.ts'
import { SUBMIT } from './site.ts'

const PATH = '/v1.0/servicePrincipals/sp/synchronization/jobs/job/bulkUpload'
const record = JSON.stringify({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  externalId: 'p1',
  userName: 'p1',
  active: true,
})
const body = bulkRequest([{ id: 'op-1', employeeId: 'p1', record, origins: [] }])

function client(
  endpoint: string,
  timeoutMs = 2_000,
  credential: TokenCredential = localCredential,
): Provisioning {
  const parsed = parseEndpoint(endpoint, true)
  return graphProvisioning(graphClient(parsed, credential, timeoutMs, Date.now), parsed)
}

async function double(t: TestContext, ...faults: readonly object[]): Promise<EntraDouble> {
  const entra = await startEntra({ settings: { limits: { enabled: false } } })
  t.after(() => entra.stop())
  await fetch(`http://127.0.0.1:${entra.port}/faults`, { method: 'POST', body: JSON.stringify(faults) })
  return entra
}

/** A server that does what it likes; answers its address. */
async function server(
  t: TestContext,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const it = createServer(handle).listen(0, '127.0.0.1')
  await once(it, 'listening')
  t.after(() => {
    it.closeAllConnections()
    it.close()
  })
  return `http://127.0.0.1:${(it.address() as AddressInfo).port}`
}

const verdict = (answer: UploadAnswer, attempt = 2): string => {
  const made = verdictOf(answer, { attempt, now: 0, chance: 0, settings: SUBMIT })
  return made.kind === 'snooze' ? `${made.kind} ${made.why}` : made.kind
}
const status = (answer: UploadAnswer): number | string =>
  answer.kind === 'response' ? answer.status : answer.code

void describe('over a real socket', () => {
  void test('an accepted request is done, with the service’s clock and the request id', async (t) => {
    const entra = await double(t)
    const answer = await client(entra.endpoint).upload(body, 'mine')
    assert.equal(verdict(answer), 'done')
    assert(answer.kind === 'response' && answer.requestId !== null && answer.serverAt !== null)
    assert.equal((await entra.stats()).operations, 1)
  })

  void test('a refused connection is a failure of the network', async (t) => {
    const base = await server(t, () => {})
    const { port } = new URL(base)
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const free = (gone.address() as AddressInfo).port
    gone.close()
    await once(gone, 'close')
    assert.notEqual(String(free), port)
    assert.deepEqual(await client(`http://127.0.0.1:${free}${PATH}`).upload(body, 'mine'), {
      kind: 'network',
      code: 'ECONNREFUSED',
    })
  })

  for (const [kind, processed] of [
    ['reset-before', 0],
    ['reset-after', 1],
  ] as const)
    void test(`a connection that is ${kind === 'reset-before' ? 'reset before the request is read' : 'reset after the request was processed'} is a failure of the network, and the same request goes again`, async (t) => {
      const entra = await double(t, { kind })
      const upload = client(entra.endpoint)
      const answer = await upload.upload(body, 'mine')
      assert.deepEqual([answer.kind, verdict(answer)], ['network', 'retry'])
      assert.equal((await entra.stats()).operations, processed)
      assert.equal(verdict(await upload.upload(body, 'mine again')), 'done')
      assert.equal((await entra.stats()).operations, processed + 1)
    })

  void test('an answer that does not come in time is a failure of the network', async (t) => {
    const entra = await double(t, { kind: 'delay', ms: 60_000 })
    const answer = await client(entra.endpoint, 100).upload(body, 'mine')
    assert.deepEqual([answer.kind, verdict(answer)], ['network', 'retry'])
  })

  void test('an error page that dribbles in is cut off in time', async (t) => {
    const base = await server(t, (_request, response) => {
      response.writeHead(502, { 'content-type': 'text/html' })
      response.write('<html>')
    })
    const answer = await client(base + PATH, 100).upload(body, 'mine')
    assert.equal(verdict(answer), 'retry')
  })

  void test('202 is done although its body breaks off: the service has said all that counts', async (t) => {
    const entra = await double(t, { kind: 'half' })
    assert.equal(verdict(await client(entra.endpoint).upload(body, 'mine')), 'done')
  })

  void test('202 of the wrong content type is done', async (t) => {
    const entra = await double(t, { kind: 'content-type' })
    assert.equal(verdict(await client(entra.endpoint).upload(body, 'mine')), 'done')
  })

  void test('an error whose body breaks off is tried again', async (t) => {
    const base = await server(t, (_request, response) => {
      response.writeHead(500, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"error":', () => response.destroy())
    })
    assert.equal(verdict(await client(base + PATH).upload(body, 'mine')), 'retry')
  })

  void test('a page of a proxy is what its status says, and its words are not taken for the service’s', async (t) => {
    for (const [given, expected] of [
      [502, 'retry'],
      [503, 'retry'],
      [200, 'snooze access'],
      [403, 'snooze access'],
    ] as const) {
      const entra = await double(t, { kind: 'html', status: given })
      const answer = await client(entra.endpoint).upload(body, 'mine')
      assert.equal(verdict(answer), expected)
      assert(answer.kind === 'response' && answer.code === null && answer.message === null)
    }
  })

  void test('every answer of the reference arrives with its status, code and Retry-After', async (t) => {
    for (const [fault, expected] of [
      [{ status: 400, code: 'BadRequest', message: 'Invalid Data Format' }, 'refused'],
      [{ status: 401, code: 'InvalidAuthenticationToken' }, 'snooze access'],
      [{ status: 403, code: 'Authorization_RequestDenied' }, 'snooze access'],
      [{ status: 404 }, 'snooze access'],
      [{ status: 413 }, 'refused'],
      [{ status: 429, retryAfter: '2.128' }, 'snooze throttled'],
      [{ status: 429 }, 'snooze throttled'],
      [
        { status: 500, message: 'The bucket that stores the ingested data is full, please wait.' },
        'snooze full',
      ],
      [{ status: 500 }, 'retry'],
      [{ status: 502 }, 'retry'],
      [{ status: 503, retryAfter: '1' }, 'retry'],
      [{ status: 504 }, 'retry'],
    ] as const) {
      const entra = await double(t, { kind: 'status', ...fault })
      const answer = await client(entra.endpoint).upload(body, 'mine')
      assert.equal(status(answer), fault.status)
      assert.equal(verdict(answer), expected, JSON.stringify(fault))
      assert(answer.kind === 'response')
      assert.equal(answer.retryAfter, 'retryAfter' in fault ? fault.retryAfter : null)
      if ('code' in fault) assert.equal(answer.code, fault.code)
    }
  })

  void test('a redirect is not followed: neither record nor token goes anywhere else', async (t) => {
    const elsewhere: string[] = []
    const other = await server(t, (request, response) => {
      elsewhere.push(String(request.headers.authorization))
      response.writeHead(202).end()
    })
    for (const given of [301, 302, 307, 308]) {
      const base = await server(t, (_request, response) =>
        response.writeHead(given, { location: `${other}/elsewhere` }).end(),
      )
      assert.equal(verdict(await client(base + PATH).upload(body, 'mine')), 'snooze access')
    }
    assert.deepEqual(elsewhere, [])
  })

  void test('a token the identity refuses stops submission, and one that does not come counts as no answer', async (t) => {
    const entra = await double(t)
    const refused: TokenCredential = {
      getToken: () => Promise.reject(Object.assign(new Error('no'), { name: 'AuthenticationError' })),
    }
    const answer = await client(entra.endpoint, 2_000, refused).upload(body, 'mine')
    assert.deepEqual([status(answer), verdict(answer)], [401, 'snooze access'])
    const never: TokenCredential = { getToken: () => new Promise(() => {}) }
    assert.equal(verdict(await client(entra.endpoint, 100, never).upload(body, 'mine')), 'retry')
    const away: TokenCredential = {
      getToken: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
    }
    assert.deepEqual(await client(entra.endpoint, 2_000, away).upload(body, 'mine'), {
      kind: 'network',
      code: 'ENOTFOUND',
    })
    assert.equal((await entra.stats()).calls, 0)
  })

  void test('401 makes the next attempt ask for a fresh token', async (t) => {
    const entra = await double(t, { kind: 'status', status: 401 })
    let asked = 0
    const counting: TokenCredential = {
      getToken: async () => ({ token: `token-${++asked}`, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
    }
    const upload = client(entra.endpoint, 2_000, counting)
    await upload.upload(body, 'one')
    await upload.upload(body, 'two')
    await upload.upload(body, 'three')
    assert.equal(asked, 2)
  })
})
