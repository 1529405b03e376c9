import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { entraSignIn } from '../../../src/adapters/entra-sign-in/service.ts'
import { DEFAULT_ROLES, permissionsOf } from '../../../src/config/console/permissions.ts'
import type { AccessSettings } from '../../../src/http/access/identify.ts'
import { ROUTES } from '../../../src/http/access/routes.ts'
import { IDLE_MS } from '../../../src/http/access/session.ts'
import type { World } from '../../suites/conformance/ledger/world.ts'
import { anOffice, contextOf, type Door, doorTo, OUTSIDE } from '../console/office.ts'
import { CLIENT, type OidcDouble, oidcDouble, type Spoilt, TENANT } from './oidc-double.ts'

const OID = '11111111-2222-4333-8444-555555555555'
const ANN = { oid: OID, name: 'Ann <b>Example</b>', roles: ['Rollcall.Read', 'Rollcall.Operate', 'Other'] }
const SAME = { 'sec-fetch-site': 'same-origin' }
const HOUR_AGO_TWICE = 7_200_000

const stack = new AsyncDisposableStack()
let world: World
let tenant: OidcDouble
let door: Door
/** Of the clock of the sign-in, which never goes back. */
let clock = 0

before(async () => {
  world = await anOffice(stack)
  tenant = stack.use(await oidcDouble())
})
after(() => stack.disposeAsync())
beforeEach(() => {
  tenant.down = false
  door = newDoor()
})

/** A console with an empty memory, as another instance has it. */
function newDoor(settings: Partial<AccessSettings> = {}): Door {
  const service = entraSignIn(tenant.settings, { fetch, clock: () => clock })
  const entra = { service, roles: DEFAULT_ROLES, cookieSecret: 'of-the-cookies' }
  const access = { ...OUTSIDE, token: null, entra, ...settings }
  return doorTo(
    contextOf(stack, { ledger: world.ledger, now: () => world.now }, access),
    'https://console.example',
  )
}

/** What a browser that was sent a cookie sends back. */
function cookieOf(response: Response, name: string): string {
  const set = response.headers.getSetCookie().find((one) => one.startsWith(`${name}=`)) ?? ''
  return set.split(';', 1)[0] ?? ''
}

async function begin(to = '/leavers?cause=brake') {
  const response = await door.get(`/sign-in/entra?${new URLSearchParams({ to }).toString()}`)
  const address = response.headers.get('location') ?? ''
  return { response, address, cookie: cookieOf(response, '__Host-rollcall-sign-in') }
}

const comeBack = (query: URLSearchParams, cookie: string, through: Door = door): Promise<Response> =>
  through.get(`/sign-in/callback?${query.toString()}`, { headers: { cookie } })

async function signIn(user: object = ANN, spoilt: Spoilt = {}): Promise<Response> {
  const { address, cookie } = await begin()
  return comeBack(tenant.approve(address, { ...user }, spoilt), cookie)
}
const sessionOf = async (user: object = ANN) => ({
  cookie: cookieOf(await signIn(user), '__Host-rollcall'),
})
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const accessToken = (user: object = ANN, spoilt: Spoilt = {}): Promise<string> =>
  tenant.accessToken({ ...user }, { issuedAt: world.now, ...spoilt })

/** Everything that can be wrong with a token, but for its time. */
const SPOILT: Readonly<Record<string, Spoilt>> = {
  'for another audience': { claims: { aud: '99999999-2222-4333-8444-555566667777' } },
  'of another issuer': { claims: { iss: 'https://login.microsoftonline.com/other/v2.0' } },
  'of another tenant': { claims: { tid: OID } },
  'without an object id': { claims: { oid: undefined } },
  'with a wrong signature': { signedBy: 'stranger' },
  'signed with a key that the tenant does not know': { signedBy: 'unknown-key' },
  'signed with the secret that the client knows': { signedBy: 'client-secret' },
  'signed by nobody': { signedBy: 'nobody' },
}

void describe('sign-in with Entra ID', () => {
  void test('a browser is sent to the tenant with PKCE, state and nonce, and comes back to a session and to the page that was asked for', async () => {
    const { response, address, cookie } = await begin()
    assert.equal(response.status, 303)
    const asked = Object.fromEntries(new URL(address).searchParams)
    assert.match(address, new RegExp(`/${TENANT}/oauth2/v2\\.0/authorize\\?`))
    assert.deepEqual(
      [asked['response_type'], asked['client_id'], asked['code_challenge_method'], asked['redirect_uri']],
      ['code', CLIENT, 'S256', 'https://console.example/sign-in/callback'],
    )
    for (const name of ['state', 'nonce', 'code_challenge']) assert.match(asked[name] ?? '', /^[\w-]{43}$/)
    const set = response.headers.get('set-cookie') ?? ''
    assert.match(
      set,
      /^__Host-rollcall-sign-in=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    assert.ok(!set.includes(asked['state'] ?? '') && !set.includes(asked['nonce'] ?? ''))

    const back = await comeBack(tenant.approve(address, ANN), cookie)
    const text = await back.text()
    assert.equal(back.status, 200, 'a redirect would leave out a cookie that is Strict')
    assert.match(text, /<meta http-equiv="refresh" content="0; url=\/leavers\?cause=brake">/)
    const [gone, session] = back.headers.getSetCookie()
    assert.match(gone ?? '', /^__Host-rollcall-sign-in=; Max-Age=0; .*SameSite=Lax$/)
    assert.match(
      session ?? '',
      /^__Host-rollcall=[\w.-]+; Max-Age=28800; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
    assert.doesNotMatch(session ?? '', /Ann|Rollcall\.Read/)
    const headers = { cookie: cookieOf(back, '__Host-rollcall') }
    assert.match(await (await newDoor().get('/leavers', { headers })).text(), /You are <strong>Ann &lt;b&gt;/)
  })

  void test('the audit trail names the object id and the name of who acts', async () => {
    const headers = await sessionOf()
    const page = await (await door.get('/leavers', { headers })).text()
    const token = /name="form-token" value="([\w-]+)"/.exec(page)?.[1] ?? ''
    const form = { case: '3', justification: 'ticket 9', 'form-token': token }
    assert.equal((await door.post('/leavers/acknowledge', form, { ...SAME, ...headers })).status, 303)
    const audit = await (await door.get('/audit?action=leavers.acknowledge', { headers })).text()
    assert.match(audit, new RegExp(`Ann &lt;b&gt;Example&lt;/b&gt; \\(${OID}\\)`))
  })

  void test('a sign-in is finished once, in the browser that began it, and within ten minutes', async () => {
    const { address, cookie } = await begin()
    const query = tenant.approve(address, ANN)
    const stranger = await comeBack(query, '')
    assert.deepEqual([stranger.status, cookieOf(stranger, '__Host-rollcall')], [401, ''])
    assert.match(await stranger.text(), /begun in another browser/)
    const other = await begin()
    assert.equal(cookieOf(await comeBack(query, other.cookie), '__Host-rollcall'), '', 'state of another')
    assert.equal((await comeBack(query, cookie)).status, 200)
    const again = await comeBack(query, cookie)
    assert.deepEqual(
      [again.status, cookieOf(again, '__Host-rollcall')],
      [401, ''],
      'with a copy of the cookie',
    )
    const late = await begin()
    world.now += 600_000
    assert.equal((await comeBack(tenant.approve(late.address, ANN), late.cookie)).status, 401)
  })

  void test('what the tenant refuses, or anyone writes into the address, is not repeated', async () => {
    const { address, cookie } = await begin()
    const state = new URL(address).searchParams.get('state') ?? ''
    for (const query of [
      { error: 'access_denied', error_description: 'Call 555 now', state },
      { code: 'guessed', state },
      { code: 'guessed' },
      {},
    ]) {
      const response = await comeBack(new URLSearchParams(query), cookie)
      assert.deepEqual([response.status, cookieOf(response, '__Host-rollcall')], [401, ''])
      assert.doesNotMatch(await response.text(), /555|AADSTS|guessed/)
    }
  })

  void test('an ID token that is not right in every part starts no session', async () => {
    const wrong: Readonly<Record<string, Spoilt>> = {
      ...SPOILT,
      'that is over': { issuedAt: Date.now() - HOUR_AGO_TWICE },
      'without a nonce': { claims: { nonce: undefined } },
      'with the nonce of another sign-in': { claims: { nonce: 'x'.repeat(43) } },
    }
    for (const [which, spoilt] of Object.entries(wrong)) {
      const response = await signIn(ANN, spoilt)
      assert.deepEqual([response.status, cookieOf(response, '__Host-rollcall')], [401, ''], which)
    }
    assert.equal((await signIn()).status, 200)
  })

  void test('a bearer token opens pages only when it is right in every part, and is an access token', async () => {
    const right = await door.get('/leavers', bearer(await accessToken()))
    assert.deepEqual([right.status, right.headers.has('set-cookie')], [200, false])
    const wrong: Readonly<Record<string, Spoilt>> = {
      ...SPOILT,
      'that is over': { issuedAt: world.now - HOUR_AGO_TWICE },
      'that is an ID token': { claims: { azp: undefined, nonce: 'n' } },
    }
    for (const [which, spoilt] of Object.entries(wrong)) {
      const response = await newDoor().get('/leavers', bearer(await accessToken(ANN, spoilt)))
      assert.equal(response.status, 401, which)
      assert.doesNotMatch(await response.text(), /20011/)
    }
    for (const token of ['', 'x', 'a.b.c', `${'a'.repeat(9_000)}.b.c`])
      assert.equal((await newDoor().get('/leavers', bearer(token))).status, 401, token.slice(0, 9))
    const program = await accessToken({ oid: OID, roles: ['Rollcall.Operate'] })
    const done = await door.post(
      '/leavers/acknowledge',
      { case: '4', justification: 'x' },
      bearer(program).headers,
    )
    assert.equal(done.status, 303, 'a program needs neither origin nor form token')
  })

  void test('every role reaches the routes of its permissions and no other, and is told which role is missing', async () => {
    const routes = Object.entries(ROUTES).filter(([, { permission }]) => permission !== 'none')
    for (const role of [...Object.keys(DEFAULT_ROLES), 'Other', '__proto__', null]) {
      const roles = role === null ? undefined : [role]
      const { headers } = bearer(await accessToken({ ...ANN, roles }))
      const held = permissionsOf(roles ?? [], DEFAULT_ROLES)
      for (const [path, { methods, permission }] of routes) {
        if (permission === 'none') continue
        const posts = methods.some((one) => one === 'POST')
        const response = await (posts ? door.post(path, {}, headers) : door.get(path, { headers }))
        const name = `${role} ${path}`
        if (held.has(permission)) assert.ok(![401, 403].includes(response.status), name)
        else {
          assert.equal(response.status, 403, name)
          assert.match(await response.text(), /It takes the app role Rollcall\.\w+/, name)
        }
      }
    }
  })

  void test('a session ends after an hour without a request for a page, and a page that refreshes itself does not count', async () => {
    const headers = await sessionOf()
    world.now += IDLE_MS / 2
    const refresh = await door.get('/', { headers: { ...headers, 'rollcall-refresh': '1' } })
    assert.deepEqual([refresh.status, refresh.headers.has('set-cookie')], [200, false])
    const seen = await door.get('/', { headers })
    const renewed = { cookie: cookieOf(seen, '__Host-rollcall') }
    assert.match(seen.headers.get('set-cookie') ?? '', /Max-Age=27000;.*SameSite=Strict$/)
    world.now += IDLE_MS / 2
    assert.equal((await door.get('/', { headers })).status, 303)
    assert.equal((await door.get('/', { headers: renewed })).status, 200)
    const without = newDoor({ entra: null, token: 'x' })
    assert.equal((await without.get('/', { headers: renewed })).status, 303, 'the sign-in is gone')
  })

  void test('strangers cannot make the connector ask the tenant again and again, and no visitor is let in while the tenant does not answer', async () => {
    const asked = { ...tenant.asked }
    for (let n = 0; n < 9; n += 1)
      await door.get('/', bearer(await accessToken(ANN, { signedBy: 'unknown-key' })))
    assert.equal(tenant.asked.keys - asked.keys, 1)
    assert.equal(tenant.asked['openid-configuration'] - asked['openid-configuration'], 1)
    tenant.down = true
    const cold = newDoor()
    for (let n = 0; n < 3; n += 1) {
      const response = await cold.get('/leavers', bearer(await accessToken()))
      assert.equal(response.status, 503)
      assert.match(await response.text(), /Entra ID cannot be reached/)
      assert.equal((await cold.get('/sign-in/entra')).status, 503)
    }
    assert.equal(tenant.asked['openid-configuration'] - asked['openid-configuration'], 2)
    tenant.down = false
    clock += 5_000
    assert.equal((await cold.get('/leavers', bearer(await accessToken()))).status, 200)
  })

  void test('the sign-in leads to pages of the console only, and is not there where it is not configured', async () => {
    for (const to of [
      '//attacker.example/',
      'https://attacker.example/',
      '/sign-out',
      '/leavers/acknowledge',
    ]) {
      const { address, cookie } = await begin(to)
      const back = await comeBack(tenant.approve(address, ANN), cookie)
      assert.match(await back.text(), /content="0; url=\/">/, to)
    }
    const token = newDoor({ entra: null, token: 'x' })
    for (const path of ['/sign-in/entra', '/sign-in/callback'])
      assert.equal((await token.get(path)).status, 404)
    assert.doesNotMatch(await (await token.get('/sign-in')).text(), /Entra ID<\/a>/)
    const both = await (await newDoor({ token: 'x' }).get('/sign-in?to=%2Fleavers')).text()
    assert.match(
      both,
      /href="\/sign-in\/entra\?to=%2Fleavers">Sign in with Microsoft Entra ID<.*name="token"/s,
    )
  })
})
