import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { graphClient } from '../../../src/adapters/graph/client.ts'
import { localCredential } from '../../../src/adapters/graph/credential.ts'
import { graphConnections } from '../../../src/adapters/graph/connections.ts'
import { parseEndpoint } from '../../../src/adapters/graph/endpoint.ts'
import type { ConnectionAnswer, ObjectConnections } from '../../../src/core/connections/connection.ts'
import type { EntraSettings } from '../../../src/local/entra/settings.ts'
import { employee, open, provision } from '../../local/entra/support.ts'

function connectionsAt(url: string): ObjectConnections {
  const endpoint = parseEndpoint(url, true)
  const beta = graphClient({ origin: endpoint.origin, version: 'beta' }, localCredential, 2_000, Date.now)
  return graphConnections(beta, endpoint, Date.now)
}
const find = (connections: ObjectConnections, id: string): Promise<ConnectionAnswer> =>
  connections.find(id, AbortSignal.timeout(2_000))

/** What is said about employee 1 by a double that is set up like this. */
async function saidBy(t: TestContext, settings: Partial<EntraSettings>): Promise<ConnectionAnswer> {
  return find(connectionsAt((await open(t, settings)).endpoint), '1')
}
const fault = (status: number, retryAfter?: string): Partial<EntraSettings> => ({
  faults: [{ kind: 'status', on: 'connection', status, ...(retryAfter === undefined ? {} : { retryAfter }) }],
})

void describe('the object connection', () => {
  void it('of an employee is found by the employee id, whatever characters it has, and by the account', async (t) => {
    const entra = await open(t)
    const ids = ['1', "o'neil/7 ?#", 'Ångström+%20']
    await provision(entra, ...ids.map((id, index) => employee(id, { userName: `e${index}@example.com` })))
    const connections = connectionsAt(entra.endpoint)
    const directory = await entra.directory()
    for (const id of ids) {
      const answer = await find(connections, id)
      const targetAnchor = directory[id]?.objectId ?? ''
      assert.deepEqual(answer, {
        kind: 'found',
        connection: {
          sourceAnchor: id,
          targetAnchor,
          objectTypeName: 'User',
          displayName: `Employee ${id}`,
        },
      })
      assert.deepEqual(await find(connections, targetAnchor), answer)
    }
    assert.deepEqual(await find(connections, '2'), { kind: 'none' })
  })

  void it('is not there where the job offers none, which reads as 404', async (t) => {
    assert.deepEqual(await saidBy(t, { objectConnections: 'unavailable' }), { kind: 'none' })
  })

  void it('is refused without the permission, and that is not an error', async (t) => {
    assert.deepEqual(await saidBy(t, { allowedTokens: ['another'] }), { kind: 'forbidden' })
    assert.deepEqual(await saidBy(t, fault(403)), { kind: 'forbidden' })
  })

  void it('is not asked for again too soon: the wait that the service names is passed on', async (t) => {
    assert.deepEqual(await saidBy(t, fault(429, '17')), { kind: 'throttled', retryAfterMs: 17_000 })
    assert.deepEqual(await saidBy(t, fault(429)), { kind: 'throttled', retryAfterMs: null })
  })

  void it('may be unavailable, as any preview, or answer with something else', async (t) => {
    assert.deepEqual(await saidBy(t, fault(503)), { kind: 'unavailable', status: 503 })
    const html: EntraSettings = { faults: [{ kind: 'html', on: 'connection', status: 200 }] }
    assert.deepEqual(await saidBy(t, html), { kind: 'unavailable', status: null })
    const reset: EntraSettings = { faults: [{ kind: 'reset-before', on: 'connection' }] }
    assert.deepEqual(await saidBy(t, reset), { kind: 'unavailable', status: null })
  })
})
