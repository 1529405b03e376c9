import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { sqlLedger } from '../../src/adapters/ledger-sql/ledger.ts'
import type { Driver } from '../../src/adapters/ledger-sql/driver/sql.ts'
import { openSqliteLedger } from '../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { openSqlite } from '../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { systemClock } from '../../src/adapters/system.ts'
import { readConfig } from '../../src/compose/config.ts'
import { observed } from '../../src/compose/observe/figures.ts'
import type { Ledger } from '../../src/core/ledger/ledger.ts'
import { DAY_MS, silentLogger } from '../../src/core/runtime.ts'
import { serveHttp } from '../../src/http/serve.ts'
import { fillLedger, largePostgres } from './support/large-ledger.ts'

/**
 * The server time of every page of the console in a large ledger, over HTTP on loopback, and with
 * `--paint` the first paint in Chromium. Of ten events of an employee one is a dead letter:
 *
 *     node test/bench/console.ts --events 1000000 --file /tmp/console.db            # makes the ledger, and measures
 *     node test/bench/console.ts --events 1000000 --file /tmp/console.db --paint    # measures again
 *     node test/bench/console.ts --events 1000000 --driver postgres
 *
 * A file that is there already is measured as it is.
 */
const { values } = parseArgs({
  options: {
    driver: { type: 'string', default: 'sqlite' },
    events: { type: 'string', default: '1000000' },
    file: { type: 'string', default: ':memory:' },
    times: { type: 'string', default: '60' },
    paint: { type: 'boolean', default: false },
  },
})
await using stack = new AsyncDisposableStack()
const isThere = values.driver === 'sqlite' && existsSync(values.file)
const driver = await opened()
if (!isThere) await fillLedger(driver, Number(values.events))
const ledger = stack.adopt(await servedLedger(driver), (it) => it.close())

const [code = ''] = (await ledger.readFigures({ now: Date.now(), brakeWindowMs: DAY_MS })).deadLetters.map(
  (group) => group.code,
)
const [letter] = (
  await ledger.listNewestDeadLetters({ code: null, since: null, until: null, next: null, limit: 1 })
).deadLetters
const PAGES = [
  '/',
  '/?over=week',
  '/leavers',
  '/leavers/closed',
  '/failures',
  '/dead-letters',
  `/dead-letters?code=${code}`,
  `/dead-letters?code=${code}&attribute=none`,
  `/dead-letter?id=dl-${letter?.seq}`,
  '/held',
  '/held?cause=future',
  '/held?cause=blocks',
  '/findings',
  '/replays',
  '/audit',
  '/configuration',
  '/search?q=p500',
  '/search?q=nothing',
  '/employee?id=p500',
]

const config = readConfig({ HTTP_ADDRESS: '0' })
const observations = observed(config, () => ({ ledger, receiving: null }), systemClock)
stack.defer(() => observations.close())
const served = { observed: observations, scrape: () => Promise.resolve(''), ledger: () => ledger }
const probes = await serveHttp(config, served, silentLogger)
if (!probes) throw new Error('the console is not served')
stack.defer(() => probes.close())
const url = `http://127.0.0.1:${probes.port}`
console.table(await measured())
if (values.paint) console.table(await painted())

/**
 * One request after the other, so that a time is that of a page and not of the queue in front of
 * it.
 */
async function measured(): Promise<readonly object[]> {
  const report: object[] = []
  for (const path of PAGES) {
    const times: number[] = []
    let bytes = 0
    for (let time = 0; time < Number(values.times) + 5; time++) {
      const at = performance.now()
      bytes = (await (await fetch(`${url}${path}`)).text()).length
      times.push(performance.now() - at)
    }
    const sorted = times.slice(5).sort((one, other) => one - other)
    const of = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)
    report.push({
      page: path,
      'p50 ms': of(0.5),
      'p95 ms': of(0.95),
      'longest ms': of(0.999),
      kB: Math.round(bytes / 1_000),
    })
  }
  return report
}

/**
 * The first contentful paint of each page, in a tab that has the style sheet; the median of five.
 */
async function painted(): Promise<readonly object[]> {
  const { chromium } = await import('playwright-core')
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  const page = await browser.newPage()
  const report: object[] = []
  for (const path of PAGES) {
    const times: number[] = []
    for (let time = 0; time < 5; time++) {
      await page.goto(`${url}${path}`)
      times.push(
        await page.evaluate<number>(
          `new Promise((resolve) => new PerformanceObserver((list) => resolve(list.getEntriesByName('first-contentful-paint')[0].startTime)).observe({ type: 'paint', buffered: true }))`,
        ),
      )
    }
    report.push({ page: path, 'first paint ms': Math.round(times.sort((one, other) => one - other)[2] ?? 0) })
  }
  await browser.close()
  return report
}

async function opened(): Promise<Driver> {
  return values.driver === 'sqlite' ? openSqlite(values.file) : (await largePostgres(stack)).driver
}

/** As `run` opens it: SQLite in a thread of its own. */
async function servedLedger(filled: Driver): Promise<Ledger> {
  if (values.driver !== 'sqlite' || values.file === ':memory:') return sqlLedger(filled, 'bench')
  await filled.close()
  return openSqliteLedger({ path: values.file, now: Date.now })
}
