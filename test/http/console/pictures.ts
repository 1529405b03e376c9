import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { consoleListener } from '../../../src/http/console/listener.ts'
import { HOUR, MINUTE, opened } from '../../fakes/alerts.ts'
import { anInstance } from '../../fakes/instances.ts'
import { hrEvent, joiner, leaver, World } from '../../suites/conformance/ledger/world.ts'
import { contextOf } from './office.ts'

/**
 * Takes the pictures of the docs, light and dark, of a morning that is made up:
 *
 *     node test/http/console/pictures.ts
 */
const FOLDER = join(import.meta.dirname, '../../../docs/guides/console')
const PICTURES: readonly (readonly [name: string, path: string, height: number])[] = [
  ['now', '/', 1_300],
  ['employee', '/employee?id=20011', 900],
  ['held', '/held?cause=brake', 900],
  ['dead-letters', '/dead-letters?code=Conflict', 900],
]

await using stack = new AsyncDisposableStack()
const world = await aMorning()
const context = contextOf(stack, { ledger: world.ledger, now: () => world.now })
const server = createServer(consoleListener(context)).listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
for (const colorScheme of ['light', 'dark'] as const)
  for (const [name, path, height] of PICTURES) {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height } })
    await page.goto(url + path)
    await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`) })
    await page.close()
  }
await browser.close()
server.closeAllConnections()
server.close()

async function aMorning(): Promise<World> {
  const ledger = stack.adopt((await openMemoryLedger()).ledger, (it) => it.close())
  const world = new World(ledger)
  const note = (): Promise<void> =>
    ledger.recordHistory({ now: world.now, intervalMs: 5 * MINUTE, keptMs: 8 * DAY_MS, most: 1_000 })
  const numbers = (count: number, from: number) => Array.from({ length: count }, (_, index) => from + index)
  await note()
  await world.record(
    ...numbers(30, 20_001).map((id) => joiner(`hired-${id}`, String(id), { title: 'Engineer' })),
  )
  await world.confirmAll()
  for (const [step, count] of [4, 9, 14, 11, 18, 25, 16, 12, 7, 9, 5, 3].entries()) {
    world.now += 5 * MINUTE
    await world.record(
      ...numbers(count, 20_001).map((id) =>
        hrEvent(`moved-${id}-${step}`, String(id), { title: `Title ${step}` }, { order: step + 1 }),
      ),
    )
    if (step < 11) await world.confirmAll()
    await note()
  }
  for (const [from, code] of [
    [20_101, 'Conflict'],
    [20_121, 'InvalidDomain'],
  ] as const) {
    await world.record(
      ...numbers(from === 20_101 ? 12 : 4, from).map((id) => joiner(`hired-${id}`, String(id))),
    )
    await world.answer(await world.send(), 'failed', { status: 'failure', code })
    await world.finalize()
    await world.plan()
  }
  await world.record(...numbers(6, 20_008).map((id) => leaver(`left-${id}`, String(id), 2_000)))
  const twoLeave = { windowMs: DAY_MS, absolute: 2, percent: 100, floor: 0 }
  await ledger.commitPlan(world.decide(await world.due()), twoLeave, world.now)
  await world.publishAll()
  world.now += 37 * MINUTE
  await note()
  await world.tend()
  await ledger.announceInstance(
    anInstance('one', { name: 'rollcall-0', startedAt: world.now - 9 * HOUR, seenAt: world.now }),
  )
  await ledger.saveAlerts({
    revision: 0,
    now: world.now,
    changed: [
      opened(world.now - 37 * MINUTE, { code: 'brake.tripped', cause: '', urgency: 'urgent', count: 4 }),
      opened(world.now - 38 * MINUTE, { code: 'deadletter.new', cause: 'Conflict', count: 12 }),
    ],
    forgotten: [],
    notifications: [],
  })
  return world
}
