import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it, type TestContext } from 'node:test'
import { graphClient } from '../../../src/adapters/graph/client.ts'
import { localCredential } from '../../../src/adapters/graph/credential.ts'
import { SCIM_API, scimAccounts, scimDeactivation } from '../../../src/adapters/graph/scim.ts'
import type { AccountKey, DirectAccounts } from '../../../src/core/direct/accounts.ts'
import { isTaken } from '../../../src/core/direct/reply.ts'
import { changesOf, newUser, type RecordToWrite } from '../../../src/core/direct/user.ts'
import type { DirectDeactivation, UploadAnswer } from '../../../src/core/ports.ts'
import { employee, open, provision } from '../../local/entra/support.ts'

function deactivationAt(port: number, timeoutMs = 5_000): DirectDeactivation {
  const at = { origin: `http://127.0.0.1:${port}`, version: SCIM_API }
  return scimDeactivation(graphClient(at, localCredential, timeoutMs, Date.now))
}
function accountsAt(port: number, timeoutMs = 5_000): DirectAccounts {
  const at = { origin: `http://127.0.0.1:${port}`, version: SCIM_API }
  return scimAccounts(graphClient(at, localCredential, timeoutMs, Date.now), () => 'secret')
}
const aCall = () => ({ clientRequestId: 'call', cut: new AbortController().signal })
const WRITE: RecordToWrite = {
  employeeId: '1',
  record: {
    externalId: '1',
    userName: '1@example.com',
    displayName: 'One',
    active: true,
    name: { givenName: 'O', familyName: 'Ne' },
    emails: [{ type: 'work', value: 'one@example.com' }],
    phoneNumbers: [{ type: 'mobile', value: '+1 555' }],
    addresses: [{ type: 'work', locality: 'Bonn', region: null }],
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': {
      department: 'Sales',
      manager: { value: '7' },
    },
  },
  managerObjectId: 'o7',
}

void it('every place that Rollcall writes is one that the API takes, in a new account and in an update', async (t) => {
  const entra = await open(t)
  const accounts = accountsAt(entra.port)
  const { reply, objectId } = await accounts.create(newUser(WRITE), aCall())
  assert.equal(statusOf(reply), 201, reply.kind === 'response' ? (reply.message ?? '') : reply.code)
  assert.ok(objectId)
  const update = await accounts.update(objectId, changesOf(WRITE), aCall())
  assert.equal(statusOf(update), 204, update.kind === 'response' ? (update.message ?? '') : update.code)
  assert.equal((await entra.stats()).scimBilled, 2)
})

void it('accounts are found by externalId and user name, with what says whose they are', async (t) => {
  const entra = await open(t)
  await provision(entra, employee('2'))
  const accounts = accountsAt(entra.port)
  const { objectId } = await accounts.create(newUser(WRITE), aCall())
  const find = async (attribute: AccountKey['attribute'], value: string) =>
    (await accounts.find({ attribute, value }, aCall())).accounts
  assert.deepEqual(await find('externalId', '1'), [{ objectId, externalId: '1', employeeNumber: '1' }])
  const [made] = await find('userName', '2@example.com')
  assert.deepEqual([made?.externalId, made?.employeeNumber], [null, '2'])
  assert.deepEqual(await find('externalId', '2'), [])
})

void it('a name that is taken, an account that is gone and a filter that is refused are answers, and none throws', async (t) => {
  const entra = await open(t)
  const accounts = accountsAt(entra.port)
  const { reply } = await accounts.create(newUser(WRITE), aCall())
  const taken = (await accounts.create(newUser(WRITE), aCall())).reply
  assert.deepEqual([statusOf(reply), statusOf(taken), isTaken(taken)], [201, 409, true])
  assert.equal(statusOf(await accounts.update('gone', changesOf(WRITE), aCall())), 404)
  const odd = await accounts.find({ attribute: 'externalId', value: 'a"b' }, aCall())
  assert.deepEqual([statusOf(odd.reply), odd.accounts], [400, []])
})

void it('an answer without a list of users is a failure, not an empty list', async (t) => {
  const port = await serverFor(t, (_request, response) => void response.writeHead(200).end('{"error":0}'))
  const { reply } = await accountsAt(port).find({ attribute: 'externalId', value: '1' }, aCall())
  assert.equal(reply.kind, 'network')
})

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
