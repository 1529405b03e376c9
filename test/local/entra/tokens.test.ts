import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntraDouble } from '../../../src/local/entra/server.ts'
import type { EntraSettings } from '../../../src/local/entra/settings.ts'
import { bulk, createClock, logUrl, open, employee, post } from './support.ts'

interface TokenAnswer {
  readonly status: number
  readonly access_token: string
  readonly error: string
  readonly expires_in: number
  readonly error_codes: readonly number[]
}

async function ask(entra: EntraDouble, form: Readonly<Record<string, string>>): Promise<TokenAnswer> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    scope: 'https://graph.microsoft.com/.default',
    ...form,
  })
  const response = await fetch(`http://127.0.0.1:${entra.port}/contoso.onmicrosoft.com/oauth2/v2.0/token`, {
    method: 'POST',
    body,
  })
  const answer: TokenAnswer = { ...JSON.parse(await response.text()), status: response.status }
  return answer
}

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
  } = await ask(entra, { client_id: 'app', client_secret: 'secret' })
  assert.deepEqual([status, seconds], [200, 3599])
  assert.equal(await upload(entra, token), 202)
  assert.equal(await upload(entra, 'another'), 401)
  clock.advance(3_599_000)
  assert.equal(await upload(entra, token), 401)
})

void test('a token without the permission is answered 403', async (t) => {
  const entra = await open(t, settings)
  const { access_token: token } = await ask(entra, { client_id: 'reader', client_assertion: 'signed' })
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
    const answer = await ask(entra, form)
    assert.deepEqual([answer.status, answer.error, answer.error_codes.length], [status, error, 1])
  }
})

void test('without a list of clients, any client with a secret gets a token', async (t) => {
  const entra = await open(t)
  assert.equal((await ask(entra, { client_id: 'any', client_secret: 'any' })).status, 200)
  assert.equal((await ask(entra, { client_id: 'any' })).status, 401)
})
