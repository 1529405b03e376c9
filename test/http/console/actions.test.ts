import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { PERMISSIONS, isPermission, type Permission } from '../../../src/config/console/permissions.ts'
import { ROUTES } from '../../../src/http/access/routes.ts'
import type { World } from '../../suites/conformance/ledger/world.ts'
import { anOffice, contextOf, type Door, doorTo, LOOPBACK, OUTSIDE, sessionCookie, TOKEN } from './office.ts'

const stack = new AsyncDisposableStack()
let world: World
let door: Door

const doorWith = (access = LOOPBACK, at?: string): Door =>
  doorTo(contextOf(stack, { ledger: world.ledger, now: () => world.now }, access), at)
/** Signed in beyond loopback, with these permissions only. */
const outside = (...permissions: readonly Permission[]): Door =>
  doorWith({ ...OUTSIDE, tokenPermissions: new Set(permissions) }, 'https://console.example')
const session = async () => ({ cookie: await sessionCookie(world.now) })
const SAME = { 'sec-fetch-site': 'same-origin' }
const bearer = { authorization: `Bearer ${TOKEN}` }

before(async () => {
  world = await anOffice(stack)
  door = doorWith()
})
after(() => stack.disposeAsync())

/** The form of an action as a browser reads it from a page. */
async function formOn({ get }: Door, page: string, headers: Readonly<Record<string, string>> = {}) {
  const text = await (await get(page, { headers })).text()
  const token = /name="form-token" value="([\w-]{43})"/.exec(text)?.[1] ?? ''
  return { text, token }
}
const ROUTE_LIST = Object.entries(ROUTES)
const ACTIONS = ROUTE_LIST.flatMap(([path, { methods, permission }]) =>
  methods.some((one) => one === 'POST') && permission !== 'none' ? [path] : [],
)

void describe('actions of the console', () => {
  void test('a visitor with one permission reaches the routes of that permission and no other, for every permission and route', async () => {
    for (const held of Object.keys(PERMISSIONS).filter(isPermission)) {
      const { get, post } = outside(held)
      for (const [path, { methods, permission }] of ROUTE_LIST) {
        if (permission === 'none') continue
        const isAction = methods.some((one) => one === 'POST')
        const response = isAction
          ? await post(path, {}, bearer)
          : await get(`${path}?id=1`, { headers: bearer })
        const text = await response.text()
        if (held === permission) assert.notEqual(response.status, 403, `${held} ${path}`)
        else {
          assert.equal(response.status, 403, `${held} ${path}`)
          assert.match(text, new RegExp(`You lack the permission “${permission}”`))
          assert.doesNotMatch(text, /20011|leaver-\d/)
        }
      }
    }
  })

  void test('no action is taken for another site, without the token of the form, with that of another session, or with another type of body', async () => {
    const other = (await formOn(doorWith(), '/leavers')).token
    const { token } = await formOn(door, '/leavers')
    assert.notEqual(token, other)
    const mine = await session()
    const { token: outsideToken } = await formOn(outside('read'), '/leavers', mine)
    for (const path of ACTIONS) {
      const form = { case: '1', justification: 'x' }
      for (const [fields, headers] of [
        [{ ...form, 'form-token': token }, {}],
        [{ ...form, 'form-token': token }, { 'sec-fetch-site': 'cross-site' }],
        [{ ...form, 'form-token': token }, { origin: 'https://attacker.example' }],
        [form, SAME],
        [{ ...form, 'form-token': other }, SAME],
        [{ ...form, 'form-token': `${token}x` }, SAME],
      ] as const)
        assert.equal((await door.post(path, fields, headers)).status, 403, path)
      const all = doorWith(OUTSIDE, 'https://console.example')
      const foreign = { ...form, 'form-token': outsideToken }
      assert.equal((await all.post(path, foreign, { ...SAME, ...(await session()) })).status, 403, path)
      assert.equal((await all.post(path, form, SAME)).status, 303, 'to the sign-in')
      const json = { method: 'POST', body: '{}', headers: { ...SAME, 'content-type': 'application/json' } }
      assert.equal((await door.get(path, json)).status, 415, path)
      const large = { ...form, 'form-token': token, more: 'x'.repeat(300_000) }
      assert.equal((await door.post(path, large, SAME)).status, 413, path)
    }
    assert.match((await formOn(door, '/leavers')).text, /leaver-1</, 'nothing was done')
  })

  void test('chosen leaver cases are acknowledged with a justification, the page says so once, and the audit trail names the actor', async () => {
    const { text, token } = await formOn(door, '/leavers?cause=not-in-directory')
    const id = /name="case" value="(\d+)" aria-label="Choose leaver-\d+ of 00815"/.exec(text)?.[1] ?? ''
    const fields = { case: id, 'form-token': token, to: '/leavers?cause=brake' }
    const blank = await door.post('/leavers/acknowledge', { ...fields, justification: ' ' })
    assert.equal(blank.status, 422)
    assert.match(await blank.text(), /say why/i)
    const done = await door.post('/leavers/acknowledge', { ...fields, justification: 'ticket 8' })
    const to = done.headers.get('location') ?? ''
    assert.deepEqual([done.status, to.startsWith('/leavers?cause=brake&done=')], [303, true])
    assert.match(await (await door.get(to)).text(), /role="status"[^>]*>1 leaver case acknowledged\./)
    assert.doesNotMatch((await formOn(door, '/leavers')).text, /00815/)
    const { entries } = await world.ledger.listAudit({
      since: null,
      actor: null,
      action: 'leavers.acknowledge',
      employeeId: null,
      about: null,
      next: null,
      limit: 1,
    })
    const [entry] = entries
    assert.deepEqual(
      [entry?.actor, entry?.action, entry?.justification],
      ['ann', 'leavers.acknowledge', 'ticket 8'],
    )
    const again = await door.post('/leavers/acknowledge', { ...fields, justification: 'ticket 8' })
    const message = await (await door.get(again.headers.get('location') ?? '')).text()
    assert.match(message, /0 leaver cases acknowledged; 1 other had been closed already\./)
    world.now += 60_000
    assert.doesNotMatch(await (await door.get(to)).text(), /role="status"/, 'a minute later')
  })

  void test('a message in the address is shown to the visitor that it was written for only, and an action leads to pages of the console only', async () => {
    const { token } = await formOn(door, '/leavers')
    const fields = { case: '999', 'form-token': token, justification: 'x' }
    const away = await door.post('/leavers/acknowledge', { ...fields, to: '//attacker.example/' })
    const to = away.headers.get('location') ?? ''
    assert.match(to, /^\/\?done=/)
    assert.match(await (await door.get(to)).text(), /role="status"/)
    assert.doesNotMatch(await (await doorWith().get(to)).text(), /role="status"/)
    for (const forged of [
      'All is well',
      to.slice(7).replace('999', '1'),
      `${'a'.repeat(43)}.99999999999999.Call us`,
    ])
      assert.doesNotMatch(
        await (await door.get(`/?done=${encodeURIComponent(forged)}`)).text(),
        /role="status"/,
      )
  })

  void test('a button for which the visitor lacks the permission is there, disabled, and says why', async () => {
    const { text } = await formOn(outside('read'), '/leavers', await session())
    assert.match(
      text,
      /disabled>Acknowledge the chosen cases<\/button> <span class="why">You lack the permission “acknowledge” .* see console.token/,
    )
    assert.match((await formOn(door, '/leavers')).text, /class="primary">Acknowledge the chosen cases</)
  })

  void test('sign-out takes the token of the form, so that no other site ends a session', async () => {
    const signedIn = outside('read')
    const cookie = await session()
    const { token } = await formOn(signedIn, '/leavers', cookie)
    assert.equal((await signedIn.post('/sign-out', {}, { ...SAME, ...cookie })).status, 403)
    const out = await signedIn.post('/sign-out', { 'form-token': token }, { ...SAME, ...cookie })
    assert.match(out.headers.get('set-cookie') ?? '', /^__Host-rollcall=; Max-Age=0/)
  })
})
