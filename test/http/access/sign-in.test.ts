import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { readConfig } from '../../../src/compose/config.ts'
import { silentLogger } from '../../../src/core/runtime.ts'
import { countedFailures } from '../../../src/http/access/failures.ts'
import { ownPage, ROUTES } from '../../../src/http/access/routes.ts'
import { sealerWith } from '../../../src/http/access/sealed.ts'
import {
  IDLE_MS,
  newSession,
  openSession,
  sealSession,
  SESSION_MS,
} from '../../../src/http/access/session.ts'
import { serveHttp } from '../../../src/http/serve.ts'
import type { World } from '../../suites/conformance/ledger/world.ts'
import { anOffice, contextOf, type Door, doorTo, OUTSIDE, sessionCookie, TOKEN } from '../console/office.ts'

const stack = new AsyncDisposableStack()
let world: World

before(async () => (world = await anOffice(stack)))
after(() => stack.disposeAsync())

/** The console as it is served beyond loopback, with failures of its own. */
const outside = (): Door =>
  doorTo(contextOf(stack, { ledger: world.ledger, now: () => world.now }, OUTSIDE), 'https://console.example')
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const cookie = (text: string) => ({ headers: { cookie: text } })
const reading = Object.entries(ROUTES).flatMap(([path, { permission }]) =>
  permission === 'read' ? [path] : [],
)

void describe('the console beyond loopback', () => {
  void test('no page that reads is shown without the token, with a wrong one, or with a session that is forged or over', async () => {
    const forged = await sessionCookie(world.now, 'of-another')
    const over = await sessionCookie(world.now - SESSION_MS)
    for (const path of reading) {
      const { get } = outside()
      const without = await get(`${path}?id=20011`)
      assert.equal(without.status, 303, path)
      assert.equal(
        without.headers.get('location'),
        `/sign-in?${new URLSearchParams({ to: `${path}?id=20011` }).toString()}`,
      )
      for (const init of [
        cookie(forged),
        cookie(over),
        cookie('__Host-rollcall=x'),
        cookie('__Host-rollcall=%'),
      ])
        assert.equal((await get(path, init)).status, 303, path)
      for (const token of ['wrong', '', `${TOKEN} `.repeat(2)]) {
        const wrong = await get(path, bearer(token))
        assert.deepEqual([wrong.status, wrong.headers.get('www-authenticate')], [401, 'Bearer'], path)
        assert.doesNotMatch(await wrong.text(), /20011|leaver-\d/)
      }
      assert.notEqual((await get(path, bearer(TOKEN))).status, 401, path)
      assert.notEqual((await get(path, cookie(await sessionCookie(world.now)))).status, 303, path)
    }
  })

  void test('the form sets a session that scripts and other sites cannot use, goes to the page that was asked for, and sign-out ends it', async () => {
    const { get, post } = outside()
    const form = await get('/sign-in?to=%2Fleavers%3Fcause%3Dbrake')
    assert.match(await form.text(), /name="to" value="\/leavers\?cause=brake"/)
    const response = await post('/sign-in', { token: TOKEN, to: '/leavers?cause=brake' })
    assert.deepEqual([response.status, response.headers.get('location')], [303, '/leavers?cause=brake'])
    const set = response.headers.get('set-cookie') ?? ''
    assert.match(set, /^__Host-rollcall=[\w.-]+; Max-Age=28800; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
    assert.doesNotMatch(set, new RegExp(TOKEN))
    const value = /=([\w.-]+);/.exec(set)?.[1] ?? ''
    const page = await get('/leavers', cookie(`__Host-rollcall=${value}`))
    assert.equal(page.status, 200)
    assert.match(await page.text(), /Sign out/)
    const out = await post('/sign-out', {})
    assert.match(
      out.headers.get('set-cookie') ?? '',
      /^__Host-rollcall=; Max-Age=0; Path=\/; HttpOnly; Secure/,
    )
  })

  void test('a form of another site starts and ends no session', async () => {
    const { post } = outside()
    for (const headers of [
      {},
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://attacker.example' },
      { origin: 'null' },
    ])
      for (const path of ['/sign-in', '/sign-out']) {
        const response = await post(path, { token: TOKEN }, headers)
        assert.deepEqual([response.status, response.headers.has('set-cookie')], [403, false])
      }
  })

  void test('after ten wrong tokens an address waits for a minute, also with the right one, by form or header', async () => {
    const { get, post } = outside()
    for (let n = 0; n < 5; n += 1) {
      assert.equal((await post('/sign-in', { token: 'wrong' })).status, 401)
      assert.equal((await get('/', bearer('wrong'))).status, 401)
    }
    const refused = await post('/sign-in', { token: TOKEN })
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '60'])
    assert.equal((await get('/', bearer(TOKEN))).status, 429)
    world.now += 60_000
    assert.equal((await get('/', bearer(TOKEN))).status, 200)
  })

  void test('a body that is not a sign-in form is refused', async () => {
    const { post } = outside()
    assert.equal((await post('/sign-in', { token: 'x'.repeat(10_000) })).status, 413)
  })
})

void test('after the sign-in a form leads to pages of the console only', () => {
  assert.equal(ownPage('/employee?id=a%2Fb'), '/employee?id=a%2Fb')
  for (const to of [
    '//attacker.example/',
    'https://attacker.example/',
    '/\\attacker.example',
    'javascript:alert(1)',
    '/sign-out',
    '/nothing',
    '',
    null,
  ])
    assert.equal(ownPage(to), '/', String(to))
})

void test('a session ends on time and when no page is asked for, and no part of it can be changed', async () => {
  const [sealer, actor] = [sealerWith([TOKEN]), { id: 'token', name: 'token' }]
  const session = newSession(actor, ['Rollcall.Read'], 0)
  const opened = (cookie: string, now: number) => openSession(sealer, cookie, now)
  const seen = await sealSession(sealer, { ...session, seenAt: SESSION_MS - 1_000 })
  assert.deepEqual((await opened(seen, SESSION_MS - 1_000))?.roles, ['Rollcall.Read'])
  assert.equal(await opened(seen, SESSION_MS), null)
  const idle = await sealSession(sealer, session)
  assert.deepEqual(await opened(idle, IDLE_MS - 1), session)
  assert.equal(await opened(idle, IDLE_MS), null)
  assert.equal(await openSession(sealerWith(['another']), idle, 0), null)
  for (const [part] of idle.split('.').entries()) {
    const parts = idle.split('.')
    parts[part] = `${parts[part] === '' ? 'A' : parts[part]?.slice(0, -3)}AAA`
    assert.equal(await opened(parts.join('.'), 0), null, `part ${part}`)
  }
  const pending = await sealer.seal('sign-in', { ...session }, SESSION_MS)
  assert.equal(await opened(pending, 0), null, 'of another purpose')
})

void test('failures of many addresses are remembered in bounded space, and those of a new one still count', () => {
  const failures = countedFailures()
  for (let n = 0; n < 2_000; n += 1) failures.add(`address ${n}`, 0)
  assert.equal(failures.waitMs('address 1', 0), 0)
  assert.equal(failures.waitMs('a new one', 0), 60_000)
  assert.equal(failures.waitMs('a new one', 60_000), 0)
})

void test('beyond loopback the console is served only where it was asked for, and then only with a token', async () => {
  const observed = {
    ready: async () => ({ ready: true, checks: {} }),
    snapshot: () => Promise.reject(new Error('not asked')),
  }
  const served = { observed, scrape: async () => '', ledger: () => null }
  const statusOf = async (settings: Readonly<Record<string, string>>): Promise<number> => {
    const probes = await serveHttp(
      readConfig({ HTTP_ADDRESS: '0.0.0.0:0', ...settings }),
      served,
      silentLogger,
    )
    assert.ok(probes)
    const { status } = await fetch(`http://127.0.0.1:${probes.port}/assets/console.css`)
    await probes.close()
    return status
  }
  assert.equal(await statusOf({ HTTP_TOKEN: TOKEN }), 404)
  assert.equal(await statusOf({ HTTP_TOKEN: TOKEN, CONSOLE: 'on' }), 200)
  assert.equal(await statusOf({ HTTP_ADDRESS: '0' }), 200)
  assert.equal(await statusOf({ HTTP_ADDRESS: '0', CONSOLE: 'off' }), 404)
  await assert.rejects(statusOf({ CONSOLE: 'on' }), {
    code: 'ConfigInvalid',
    message: /needs HTTP_TOKEN or the sign-in/,
  })
})
