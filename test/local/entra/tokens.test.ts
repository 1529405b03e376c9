import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntraDouble } from '../../../src/local/entra/server.ts'
import type { EntraSettings } from '../../../src/local/entra/settings.ts'
import { askToken, bulk, createClock, logUrl, open, employee, post } from './support.ts'

const upload = async (entra: EntraDouble, token: string): Promise<number> =>
  (await post(entra.endpoint, bulk([employee('1')]), { authorization: `Bearer ${token}` })).status

const settings: Partial<EntraSettings> = {
  tokens: 'issued',
  clients: [
    { clientId: 'app', clientSecret: 'secret' },
    { clientId: 'reader', permissions: ['AuditLog.Read.All'] },
  ],
}

void test('client credentials give a token that lasts an hour', async (t) => {
  const clock = createClock()
  const entra = await open(t, settings, { now: clock.now })
  const {
    status,
    access_token: token,
    expires_in: seconds,
  } = await askToken(entra, { client_id: 'app', client_secret: 'secret' })
  assert.deepEqual([status, seconds], [200, 3599])
  assert.equal(await upload(entra, token), 202)
  assert.equal(await upload(entra, 'another'), 401)
  clock.advance(3_599_000)
  assert.equal(await upload(entra, token), 401)
})

void test('a token without the permission is answered 403', async (t) => {
  const entra = await open(t, settings)
  const { access_token: token } = await askToken(entra, { client_id: 'reader', client_assertion: 'signed' })
  assert.equal(await upload(entra, token), 403)
  assert.equal((await fetch(logUrl(entra), { headers: { authorization: `Bearer ${token}` } })).status, 200)
  assert.equal(
    (
      await fetch(entra.endpoint.replace('/bulkUpload', ''), {
        headers: { authorization: `Bearer ${token}` },
      })
    ).status,
    403,
  )
})

void test('wrong requests for a token are answered as the identity platform does', async (t) => {
  const entra = await open(t, settings)
  const cases: readonly (readonly [Readonly<Record<string, string>>, number, string])[] = [
    [{ client_id: 'app', client_secret: 'wrong' }, 401, 'invalid_client'],
    [{ client_id: 'unknown', client_secret: 'x' }, 400, 'unauthorized_client'],
    [{ client_secret: 'x' }, 400, 'invalid_request'],
    [{ client_id: 'app', client_secret: 'secret', scope: 'User.Read' }, 400, 'invalid_scope'],
    [{ client_id: 'app', client_secret: 'secret', grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ]
  for (const [form, status, error] of cases) {
    const answer = await askToken(entra, form)
    assert.deepEqual([answer.status, answer.error, answer.error_codes.length], [status, error, 1])
  }
})

void test('without a list of clients, any client with a secret gets a token', async (t) => {
  const entra = await open(t)
  assert.equal((await askToken(entra, { client_id: 'any', client_secret: 'any' })).status, 200)
  assert.equal((await askToken(entra, { client_id: 'any' })).status, 401)
})
