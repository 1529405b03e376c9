import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { entraSignIn } from '../../../src/adapters/entra-sign-in/service.ts'
import { DEFAULT_ROLES } from '../../../src/config/console/permissions.ts'
import { consoleListener } from '../../../src/http/console/listener.ts'
import type { World } from '../../suites/conformance/ledger/world.ts'
import { oidcDouble } from '../access/oidc-double.ts'
import { anOffice, contextOf, OUTSIDE } from './office.ts'

/** Debian installs it there; `CHROMIUM` names another one. */
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const skip = existsSync(CHROMIUM)
  ? false
  : `there is no browser at ${CHROMIUM}: install chromium, or set CHROMIUM`
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
/** The rules whose result can differ on a phone and in dark, where the same page is examined again. */
const OF_COLOURS_AND_WIDTH = [
  'color-contrast',
  'link-in-text-block',
  'scrollable-region-focusable',
  'target-size',
]
const PHONE = { width: 390, height: 800 }
const VIEWS = ['/', '/leavers', '/failures', '/held', '/held?cause=future', '/audit', '/employee?id=20011']

void describe('the console in Chromium', { skip }, () => {
  const stack = new AsyncDisposableStack()
  let world: World
  let browser: Browser
  let url = ''

  before(async () => {
    world = await anOffice(stack)
    const context = contextOf(stack, { ledger: world.ledger, now: () => world.now })
    const server = createServer(consoleListener(context)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    stack.defer(() => {
      server.closeAllConnections()
      server.close()
    })
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
    stack.defer(() => browser.close())
  })
  after(() => stack.disposeAsync())

  /** What the browser refused or failed at. It also says when a page itself is a 404. */
  const problems: string[] = []

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage()
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('404')) problems.push(message.text())
    })
    page.on('pageerror', ({ message }) => problems.push(message))
    return page
  }
  const isWide = (page: Page): Promise<boolean> =>
    page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')

  /** What axe-core finds on a page, by all of its rules or by `rules`. */
  async function found(page: Page, rules: readonly string[] | null): Promise<readonly string[]> {
    const options = rules === null ? {} : { runOnly: rules }
    return page.evaluate<readonly string[]>(
      `axe.run(${JSON.stringify(options)}).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))`,
    )
  }

  void test('axe-core finds nothing on any view, in light and dark, and none is wider than a phone', async () => {
    const page = await open()
    for (const view of [...VIEWS, '/search?q=nothing']) {
      await page.setViewportSize({ width: 1280, height: 900 })
      await page.emulateMedia({ colorScheme: 'light' })
      await page.goto(url + view)
      // The policy of the page lets no script in; what the debugger evaluates is not of the page.
      await page.evaluate(AXE)
      assert.deepEqual(await found(page, null), [], `${view} light`)
      assert.equal(await isWide(page), false, view)
      await page.setViewportSize(PHONE)
      await page.emulateMedia({ colorScheme: 'dark' })
      assert.deepEqual(await found(page, OF_COLOURS_AND_WIDTH), [], `${view} dark`)
      assert.equal(await isWide(page), false, view)
    }
    await page.context().close()
  })

  void test('without JavaScript an employee is found by search, and the list leads to the answer', async () => {
    const page = await open({ javaScriptEnabled: false })
    await page.goto(url)
    await page.fill('#q', '20011@example.com')
    await page.press('#q', 'Enter')
    assert.match(page.url(), /\/employee\?id=20011$/)
    assert.equal(await page.textContent('#verdict'), '20011 can sign in')
    await page.goto(url)
    await page.click('text=Open leavers')
    await page.click('td a')
    assert.equal(await page.textContent('#verdict'), '20012 can sign in')
    await page.context().close()
  })

  void test('the keyboard alone reaches content, search and list, and focus is seen', async () => {
    const page = await open()
    await page.goto(`${url}/leavers`)
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the content')
    const wanted = new Set(['/leavers', 'q', '/leavers?cause=brake', '/employee?id=20011'])
    for (let step = 0; wanted.size > 0 && step < 40; step += 1) {
      await page.keyboard.press('Tab')
      const reached = 'document.activeElement.id || document.activeElement.getAttribute("href")'
      wanted.delete(await page.evaluate<string>(reached))
      assert.equal(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'solid')
    }
    assert.deepEqual([...wanted], [], 'not reached')
    await page.context().close()
  })

  void test('an open page follows the ledger, keeps the focus, and can be paused', async () => {
    const page = await open()
    await page.clock.install()
    await page.goto(url)
    const answered = page.waitForResponse(
      (response) => response.status() === 200 && response.url() === `${url}/`,
    )
    await page.focus('a[href="/leavers?cause=brake"]')
    await page.clock.fastForward(5_000)
    await answered
    const unchanged = page.waitForResponse((response) => response.status() === 304)
    await page.clock.fastForward(5_000)
    await unchanged
    assert.equal(await page.evaluate('document.activeElement.getAttribute("href")'), '/leavers?cause=brake')
    await page.click('text=Pause refresh')
    let asked = 0
    page.on('request', () => (asked += 1))
    await page.clock.fastForward(20_000)
    assert.deepEqual([asked, await page.textContent('.toggle')], [0, 'Refresh again'])
    await page.context().close()
  })

  void test('a sign-in that comes back from another site leads to the page that was asked for, with a session that is Strict', async () => {
    const waiting = createServer((request, response) => listener(request, response)).listen(0, 'localhost')
    await once(waiting, 'listening')
    stack.defer(() => {
      waiting.closeAllConnections()
      waiting.close()
    })
    // To a browser, localhost and 127.0.0.1, where the tenant is, are two sites.
    const at = `http://localhost:${(waiting.address() as AddressInfo).port}`
    const tenant = stack.use(await oidcDouble(at))
    tenant.user = { oid: 'an-object-id', name: 'Ann', roles: ['Rollcall.Read'] }
    const service = entraSignIn(tenant.settings, { fetch, clock: () => 0 })
    const entra = { service, roles: DEFAULT_ROLES, cookieSecret: 'of-the-cookies' }
    const context = contextOf(
      stack,
      { ledger: world.ledger, now: Date.now },
      { ...OUTSIDE, token: null, entra },
    )
    const listener = consoleListener(context)
    const page = await open()
    await page.goto(`${at}/leavers?cause=brake`)
    await page.click('text=Sign in with Microsoft Entra ID')
    await page.click('text=Approve')
    await page.waitForURL(`${at}/leavers?cause=brake`)
    assert.equal(await page.textContent('.visitor p'), 'You are Ann')
    const kept = await page.context().cookies()
    assert.deepEqual(
      kept.map(({ name, httpOnly, secure, sameSite }) => ({ name, httpOnly, secure, sameSite })),
      [{ name: '__Host-rollcall', httpOnly: true, secure: true, sameSite: 'Strict' }],
    )
    await page.click('text=Sign out')
    await page.goto(`${at}/leavers`)
    assert.match(page.url(), /\/sign-in\?to=%2Fleavers$/)
    await page.context().close()
  })

  void test('no page asked for anything that its policy forbids, and no script failed', () => {
    assert.deepEqual(problems, [])
  })
})
