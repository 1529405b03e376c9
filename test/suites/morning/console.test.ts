import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { heldEmployees } from '../../../src/core/plan/brake-order.ts'
import { RELEASED_BRAKE } from '../../../src/core/plan/decide/brake.ts'
import { silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'
import { consoleListener } from '../../../src/http/console/listener.ts'
import { shelved } from '../../fakes/shelf.ts'
import { aNight, arrive, failEach, hired, type Night } from '../../http/console/acts/night.ts'
import { joiner, leaver } from '../conformance/ledger/world.ts'

/** Debian installs it there; `CHROMIUM` names another one. */
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const skip = existsSync(CHROMIUM)
  ? false
  : `there is no browser at ${CHROMIUM}: install chromium, or set CHROMIUM`
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
const EACH = 3
const LEAVERS = ['l1', 'l2', 'l3', 'l4', 'l5']

/** What corrects the events of a code, as the guide of the morning types it. */
const PATCHES = {
  EntryConflict: {
    kind: 'table',
    text: ['employee,userName', ...ids('taken').map((id) => `${id},free-${id}@contoso.com`)].join('\n'),
  },
  InvalidDomain: {
    kind: 'expression',
    text: '$ ~> |data.worker|{ "userName": $replace(userName, /@old\\.example$/, "@contoso.com") }|',
  },
  FieldMissing: { kind: 'merge', text: '{"type":"worker.hired"}' },
} as const

function ids(of: string): readonly string[] {
  return Array.from({ length: EACH }, (_, n) => `${of}${n + 1}`)
}

/**
 * After the night: dead letters of four causes, one of them on the bus, and deactivations that the
 * brake holds.
 */
async function afterTheNight(stack: AsyncDisposableStack): Promise<Night & { readonly url: string }> {
  const night = await aNight(stack, systemRuntime(silentLogger, silentTelemetry))
  const { world, shelf } = night
  await world.record(...LEAVERS.map((id) => joiner(`hire of ${id}`, id)))
  await world.confirmAll()
  for (const [code, of, domain] of [
    ['EntryConflict', 'taken', 'contoso.com'],
    ['InvalidDomain', 'domain', 'old.example'],
    ['MappingFailed', 'mapped', 'contoso.com'],
  ] as const) {
    await arrive(
      night,
      ids(of).map((id) => hired(id, { userName: `${id}@${domain}` })),
    )
    await failEach(night, code)
  }
  for (const [n, id] of ids('typeless').entries())
    shelf.messages.push(
      shelved(n + 1, { text: JSON.stringify({ ...hired(id), type: undefined }), reason: 'FieldMissing' }),
    )
  await world.record(...LEAVERS.map((id) => leaver(`${id} leaves`, id)))
  await world.ledger.commitPlan(
    world.decide(await world.due()),
    { ...RELEASED_BRAKE, absolute: 1 },
    world.now,
  )
  await world.ledger.recordBusDeadLetters({
    countedAt: world.now,
    capped: false,
    codes: [{ code: 'FieldMissing', count: EACH, oldestAt: world.now }],
  })
  const server = createServer(consoleListener(night.console())).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return { ...night, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** What is left to do of the night. */
async function left({
  world,
  shelf,
}: Night): Promise<readonly [letters: number, messages: number, held: number]> {
  const filter = { code: null, type: null, employeeId: null, since: null, until: null }
  const { deadLetters } = await world.ledger.listDeadLetters({
    filter,
    archived: true,
    next: null,
    limit: 99,
  })
  return [deadLetters.length, shelf.messages.length, (await heldEmployees(world.ledger)).length]
}

void describe("the operator's morning in the console, in Chromium", { skip }, () => {
  const stack = new AsyncDisposableStack()
  let browser: Browser
  /** What the browser refused or failed at. */
  const problems: string[] = []

  before(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
    stack.defer(() => browser.close())
  })
  after(() => stack.disposeAsync())

  async function open(options: BrowserContextOptions): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage()
    page.setDefaultTimeout(15_000)
    page.on('console', (message) => {
      if (message.type() === 'error' && !/422/.test(message.text())) problems.push(message.text())
    })
    page.on('pageerror', ({ message }) => problems.push(message))
    return page
  }
  async function accessible(page: Page): Promise<void> {
    await page.evaluate(AXE)
    const found = await page.evaluate<readonly { id: string; nodes: readonly { html: string }[] }[]>(
      'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes })))',
    )
    assert.deepEqual(
      found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
      [],
      page.url(),
    )
  }
  void test('by mouse: dead letters of four causes are corrected and replayed, and the brake is released', async () => {
    const night = await afterTheNight(stack)
    assert.deepEqual(await left(night), [3 * EACH, EACH, LEAVERS.length - 1])
    const page = await open({ viewport: { width: 1280, height: 900 } })
    await page.goto(night.url)
    for (const code of ['MappingFailed', 'InvalidDomain', 'EntryConflict', 'FieldMissing'] as const) {
      await page.click('nav >> text=Failures')
      await page.click(`tr:has-text("${code}") >> button:has-text("Replay…")`)
      await page.waitForSelector(`h1:has-text("Replay")`)
      if (code !== 'MappingFailed') {
        await page.selectOption('#patch-kind', PATCHES[code].kind)
        await page.fill('#patch', PATCHES[code].text)
        await page.click('text=Show what it would do')
        await page.waitForSelector('#changes')
      }
      if (code === 'EntryConflict') await accessible(page)
      if (code === 'MappingFailed') {
        await page.fill('#typed-all', '1')
        await page.fill('#why-all', 'ticket 4711')
        await page.click(`button:has-text("Replay all ${EACH}")`)
        assert.match((await page.textContent('[role=alert]')) ?? '', /the number that was typed is not 3/)
        await page.waitForSelector('[role=alert]:focus')
      }
      await page.fill('#typed-all', String(EACH))
      await page.fill('#why-all', 'ticket 4711')
      await page.click(`button:has-text("Replay all ${EACH}")`)
      await page.waitForSelector('.done')
      // The page is not loaded again: it updates itself when the run has ended.
      await page.waitForSelector('h2:has-text("Ended")')
      assert.match(
        (await page.textContent('main')) ?? '',
        new RegExp(`${EACH} dead letters replayed, 0 gone, 0 refused`),
      )
    }
    await page.click('nav >> text=Held')
    await page.check('[value=l3]')
    await page.check('[value=l4]')
    await page.click('text=Refuse the chosen…')
    await page.fill('#typed', '2')
    await page.fill('#why', 'wrong export')
    await accessible(page)
    await page.click('button:has-text("Refuse 2 employees")')
    assert.match((await page.textContent('.done')) ?? '', /^2 employees refused/)
    await page.waitForSelector('.done:focus')
    await page.click('text=Release all…')
    await page.fill('#typed', '2')
    await page.fill('#why', 'HR confirmed')
    await page.click('button:has-text("Release 2 employees")')
    await page.waitForSelector('.done')
    assert.deepEqual(await left(night), [0, 0, 0])
    await page.context().close()
  })

  void test('by keyboard alone, without JavaScript, on a phone: the same', async () => {
    const night = await afterTheNight(stack)
    const page = await open({ javaScriptEnabled: false, viewport: { width: 390, height: 800 } })
    /** Presses the tab key until the focus is there. */
    const tabTo = async (what: string): Promise<void> => {
      for (let step = 0; step < 80; step += 1) {
        await page.keyboard.press('Tab')
        const on = await page.evaluate<string>(
          '((one) => one === document.body ? "" : one.id || (one.name ?? "") + (one.value ?? "") + " " + (one.formAction ?? "") + " " + one.textContent + " " + (one.closest("tr")?.querySelector("td")?.textContent ?? ""))(document.activeElement)',
        )
        if (on.includes(what)) return
      }
      assert.fail(`the tabulator does not reach ${what}: ${await page.textContent('main')}`)
    }
    const press = async (what: string): Promise<void> => {
      await tabTo(what)
      const loaded = page.waitForEvent('load')
      await page.keyboard.press('Enter')
      await loaded
      assert.equal(
        await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth'),
        false,
        page.url(),
      )
    }
    const type = async (where: string, text: string): Promise<void> => {
      await tabTo(where)
      await page.keyboard.insertText(text)
    }
    await page.goto(night.url)
    for (const code of ['MappingFailed', 'InvalidDomain', 'EntryConflict', 'FieldMissing'] as const) {
      await press('Failures')
      await press(`Replay… ${code}`)
      if (code !== 'MappingFailed') {
        await tabTo('patch-kind')
        const downs = ['merge', 'expression', 'table'].indexOf(PATCHES[code].kind)
        for (let n = 0; n < downs; n += 1) await page.keyboard.press('ArrowDown')
        await type('patch', PATCHES[code].text)
        await press('Show what it would do')
      }
      await type('typed-all', String(EACH))
      await type('why-all', 'ticket 4711')
      await press(`Replay all ${EACH}`)
      assert.match((await page.textContent('.done')) ?? '', /has begun/)
    }
    await press('Held')
    await press('Release all…')
    await type('typed', String(LEAVERS.length - 1))
    await type('why', 'HR confirmed')
    await press(`Release ${LEAVERS.length - 1} employees`)
    assert.match((await page.textContent('.done')) ?? '', /^4 employees released/)
    assert.deepEqual(await left(night), [0, 0, 0])
    await page.context().close()
  })

  void test('no page asked for anything that its policy forbids, and no script failed', () => {
    assert.deepEqual(problems, [])
  })
})
