import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it, type TestContext } from 'node:test'
import { graphClient } from '../../../src/adapters/graph/client.ts'
import { localCredential } from '../../../src/adapters/graph/credential.ts'
import { SCIM_API, scimDeactivation } from '../../../src/adapters/graph/scim.ts'
import type { DirectDeactivation, UploadAnswer } from '../../../src/core/ports.ts'
import { employee, open, provision } from '../../local/entra/support.ts'

function deactivationAt(port: number, timeoutMs = 5_000): DirectDeactivation {
  const at = { origin: `http://127.0.0.1:${port}`, version: SCIM_API }
  return scimDeactivation(graphClient(at, localCredential, timeoutMs, Date.now))
}
const statusOf = (answer: UploadAnswer): unknown => (answer.kind === 'response' ? answer.status : answer.code)

async function serverFor(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

void it('an account is disabled by its object id, and one that is not there is answered 404', async (t) => {
  const entra = await open(t)
  await provision(entra, employee('1'))
  const { objectId = '' } = (await entra.directory())['1'] ?? {}
  const { deactivate } = deactivationAt(entra.port)
  const answer = await deactivate(objectId, 'call-1')
  assert.equal(statusOf(answer), 204)
  assert.ok(answer.kind === 'response' && answer.serverAt !== null)
  assert.equal((await entra.directory())['1']?.active, false)
  assert.equal(statusOf(await deactivate('no such/object', 'call-2')), 404)
})

void it('the detail of a refusal says that the API is not turned on in the tenant', async (t) => {
  const entra = await open(t, { scimApi: 'disabled' })
  const answer = await deactivationAt(entra.port).deactivate('x', 'call-1')
  assert.equal(statusOf(answer), 400)
  assert.match(answer.kind === 'response' ? (answer.message ?? '') : '', /scimapiconsumptions/)
})

void it('nothing but active: false is ever sent, and the answer carries Retry-After', async (t) => {
  const seen: { method: string; path: string; body: string; accept: string }[] = []
  const port = await serverFor(t, (request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += String(part)))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      seen.push({ method, path, body, accept: headers.accept ?? '' })
      response.writeHead(429, { 'retry-after': '7' }).end()
    })
  })
  const answer = await deactivationAt(port).deactivate('6f1c', 'call-1')
  assert.ok(answer.kind === 'response')
  assert.deepEqual([answer.status, answer.retryAfter], [429, '7'])
  const [request] = seen
  assert.equal(request?.method, 'PATCH')
  assert.equal(request?.path, '/rp/scim/users/6f1c')
  assert.equal(request?.accept, 'application/json')
  assert.deepEqual(JSON.parse(request?.body ?? '').Operations, [
    { op: 'replace', path: 'active', value: false },
  ])
})

void it('a call that is not answered in time is a network failure', async (t) => {
  const port = await serverFor(t, () => {})
  assert.equal((await deactivationAt(port, 50).deactivate('x', 'call-1')).kind, 'network')
})
