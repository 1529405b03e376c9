import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sqlLedger } from '../../src/adapters/ledger-sql/ledger.ts'
import type { Driver } from '../../src/adapters/ledger-sql/driver/sql.ts'
import { openSqliteLedger } from '../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { openSqlite } from '../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { migrate } from '../../src/adapters/ledger-sql/schema.ts'
import { systemClock } from '../../src/adapters/system.ts'
import { metricProducer } from '../../src/adapters/telemetry/producer.ts'
import { scrapedTelemetry } from '../../src/adapters/telemetry/scrape.ts'
import { readConfig } from '../../src/compose/config.ts'
import { observed } from '../../src/compose/observe/figures.ts'
import { serveHttp } from '../../src/http/serve.ts'
import { type FiguresQuery, type Stage, STAGES } from '../../src/core/ledger/port/figures.ts'
import { RELEASED_BRAKE } from '../../src/core/plan/decide/brake.ts'
import { DAY_MS, silentLogger } from '../../src/core/runtime.ts'
import { failAll } from '../suites/conformance/ledger/dead-letters.ts'
import { joiner, leaver, World } from '../suites/conformance/ledger/world.ts'
import { grow } from './grow.ts'
import { expect, printRound } from './support/figures.ts'
import { confirmAll, type LargePostgres, largePostgres, seed, SEEDED } from './support/large-ledger.ts'
import { durabilityOf } from './support/ledger.ts'

/**
 * How long a scrape of `/metrics` takes in a large ledger, and the reads of the ledger that are
 * made every 5 s in the background. Scrapes come one after the other for `--seconds`, as no
 * collector sends them:
 *
 *     node test/bench/scrape.ts --driver sqlite   --events 1000000 --open 2000
 *     node test/bench/scrape.ts --driver postgres --events 1000000 --open 2000
 *
 * The first 10,000 events are real work: 1,000 employees, ten events each. The ledger then grows by
 * copies of their rows. Last comes open work: `open` events in each of the states that wait, and as
 * many dead letters and leaver cases.
 */
const { values } = parseArgs({
  options: {
    driver: { type: 'string', default: 'sqlite' },
    events: { type: 'string', default: '1000000' },
    open: { type: 'string', default: '2000' },
    times: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '20' },
  },
})
/** Calls before any is measured. */
const WARM_UP = 100
const open = Number(values.open)

await using stack = new AsyncDisposableStack()
const { driver, file, vacuum } = await empty()
await migrate(driver, 0)
const ledger = sqlLedger(driver, 'bench')
const world = new World(ledger)

await seed(world, () => confirmAll(world))
await world.publishAll()
const copies = Math.max(1, Math.round(Number(values.events) / SEEDED))
await grow(driver, copies)
await vacuum?.()
await leaveOpen()
process.stderr.write(`${copies * SEEDED} events are there\n`)

const ahead = world.now - Date.now()
const clock = { ...systemClock, now: () => Date.now() + ahead }
const query = (): FiguresQuery => ({ now: clock.now(), brakeWindowMs: DAY_MS })
const report: Record<string, unknown>[] = []
const figures: Record<string, number> = {}
await timed('readFigures', () => ledger.readFigures(query()))
await timed('readBrakeStatus', () => ledger.readBrakeStatus(RELEASED_BRAKE, clock.now()))
await timed('ping', () => ledger.ping())
// As `run` opens it: SQLite in a thread of its own.
const served = file === null ? ledger : await openSqliteLedger({ path: file, now: clock.now })
stack.defer(async () => void (file !== null && (await served.close())))
const config = readConfig({ HTTP_ADDRESS: '0' })
const observations = observed(config, () => ({ ledger: served, receiving: null }), clock)
stack.defer(() => observations.close())
const { scrape } = scrapedTelemetry(metricProducer(observations.observe, clock.now))
const probes = await serveHttp(config, { observed: observations, scrape, ledger: () => served }, silentLogger)
if (!probes) throw new Error('no probes')
stack.defer(() => probes.close())
const url = `http://127.0.0.1:${probes.port}/metrics`
await timed('GET /metrics', async () => (await fetch(url)).text(), Number(values.seconds))
console.table(report)
const { stages } = await ledger.readFigures(query())
const { stateCounts } = await ledger.readCounts()
const expected: Readonly<Record<Stage, number>> = {
  received: open * 2,
  due: open * 2,
  waiting: open,
  accepted: open,
  answered: open,
  unpublished: open,
}
printRound({
  figures,
  settings: { ...durabilityOf(file === null), events: values.events, open },
  wrong: [
    ...STAGES.flatMap((stage) => expect(stage, stages[stage].count, expected[stage])),
    ...expect('dead letters', stateCounts.events['dead-lettered'], open),
  ],
})

/** Measures `--times` calls, and further ones until so many seconds are over. */
async function timed(what: string, work: () => Promise<unknown>, seconds = 0): Promise<void> {
  for (let time = 0; time < WARM_UP; time++) await work()
  const times: number[] = []
  const before = process.cpuUsage()
  const until = performance.now() + seconds * 1_000
  while (times.length < Number(values.times) || performance.now() < until) {
    const at = performance.now()
    await work()
    times.push(performance.now() - at)
  }
  const { user, system } = process.cpuUsage(before)
  const sorted = times.toSorted((a, b) => a - b)
  figures[`${what} p50 ms`] = sorted[Math.floor(sorted.length * 0.5)] ?? 0
  figures[`${what} p99 ms`] = sorted[Math.floor(sorted.length * 0.99)] ?? 0
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2)
  report.push({
    what,
    times: times.length,
    p50: at(0.5),
    p99: at(0.99),
    longest: (sorted.at(-1) ?? 0).toFixed(2),
    cpu: ((user + system) / 1_000 / times.length).toFixed(2),
  })
}

interface Empty extends Partial<Pick<LargePostgres, 'vacuum'>> {
  readonly driver: Driver
  /** Of SQLite. */
  readonly file: string | null
}

/** An empty database. */
async function empty(): Promise<Empty> {
  if (values.driver === 'postgres') {
    const { driver, vacuum } = await largePostgres(stack)
    return { driver: stack.adopt(driver, (it) => it.close()), vacuum, file: null }
  }
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-scrape-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'ledger.db')
  return { driver: stack.adopt(openSqlite(file), (it) => it.close()), file }
}

async function leaveOpen(): Promise<void> {
  const each = async (name: string, then: () => Promise<unknown>): Promise<void> => {
    for (let from = 0; from < open; from += 50) {
      await world.record(
        ...numbers(50).map((index) => joiner(`${name}-${from + index}`, `${name}${from + index}`)),
      )
      await then()
    }
  }
  await each('dead', () => failAll(world))
  await each('answered', async () => world.answer(await world.send()))
  await each('accepted', () => world.send())
  await each('waiting', () => world.plan())
  await each('due', async () => {})
  for (let from = 0; from < open; from += 50)
    await world.record(...numbers(50).map((index) => leaver(`out-${from + index}`, `p${from + index}-1`)))
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}
