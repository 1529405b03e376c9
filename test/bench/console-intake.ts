import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { once } from 'node:events'
import { until } from '../adapters/support/until.ts'
import { portOf, start } from '../fakes/rollcall.ts'
import { startDoubles } from './support/doubles.ts'
import { printRound } from './support/figures.ts'
import { durabilityOf, openAt, startDurablePostgres } from './support/ledger.ts'
import { fill } from './support/load.ts'
import { cpuSecondsOf } from './support/process.ts'

/**
 * How fast `rollcall run` takes messages in while every page of its console is open in a browser,
 * next to the same without a browser:
 *
 *     node test/bench/console-intake.ts --messages 60000
 *     node test/bench/console-intake.ts --messages 60000 --ledger postgres
 *
 * A round is a pair on new ledgers, in an order by chance. Each open page asks for itself every
 * five seconds, as the script of the pages does. The reader runs in this process, and the doubles
 * in one of their own.
 */
const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '60000' },
    ledger: { type: 'string', default: 'sqlite' },
    every: { type: 'string', default: '5000' },
  },
})
const MESSAGES = Number(values.messages)
const EVERY_MS = Number(values.every)
/** How often all pages are read to know their cost. */
const ROUNDS = 20
const IDLE_MS = 3_000
const PAGES = [
  '/',
  '/?over=week',
  '/stage?stage=waiting',
  '/leavers',
  '/leavers/closed',
  '/failures',
  '/dead-letters',
  '/held',
  '/findings',
  '/replays',
  '/audit',
  '/configuration',
  '/search?q=100001',
  '/employee?id=100001',
]

await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
stack.defer(() => rm(folder, { recursive: true }))
const server =
  values.ledger === 'postgres' ? stack.adopt(await startDurablePostgres(), (it) => it.close()) : null
const { environment, client } = await startDoubles(stack)

interface Arm {
  /** Messages a second. */
  readonly rate: number
  /** Pages that the reader got. */
  readonly pages: number
  /** Seconds for all pages once; 0 without a reader. */
  readonly pagesCpuSeconds: number
  readonly wrong: readonly string[]
}

const readFirst = Math.random() < 0.5
const first = await arm('first', readFirst)
const second = await arm('second', !readFirst)
const [reading, alone] = readFirst ? [first, second] : [second, first]
printRound({
  figures: {
    ratio: reading.rate / alone.rate,
    'messages/s': reading.rate,
    'messages/s without pages': alone.rate,
    'CPU ms of all pages': reading.pagesCpuSeconds * 1_000,
    '% of a core': (reading.pagesCpuSeconds * 100_000) / EVERY_MS,
    pages: reading.pages,
  },
  settings: { ...durabilityOf(server !== null), messages: MESSAGES, everyMs: EVERY_MS },
  wrong: [...alone.wrong, ...reading.wrong, ...(reading.pages >= PAGES.length ? [] : ['no page was read'])],
})

/** A connector from its first message to its last, on a ledger of its own. */
async function arm(run: string, isRead: boolean): Promise<Arm> {
  const location = server ? await server.database() : join(folder, `${run}.db`)
  await fill(client, run, MESSAGES)
  const connector = start(['run'], { ...environment, LEDGER: location, HTTP_ADDRESS: '127.0.0.1:0' })
  const ended = once(connector, 'exit')
  const at = `http://127.0.0.1:${await portOf(connector)}`
  await until('it is ready', async () => (await fetch(`${at}/readyz`)).status === 200, 60_000)
  const ledger = await openAt(location, 'read')
  const taken = async (): Promise<number> => (await ledger.readTotals()).messages
  await until('a message is taken in', async () => (await taken()) > 0, 60_000, 2)
  const [before, startedAt] = [await taken(), performance.now()]
  const over = new AbortController()
  const reader = isRead ? readPages(at, over.signal) : Promise.resolve(0)
  await until('all messages are taken in', async () => (await taken()) >= MESSAGES, 90_000, 20)
  const seconds = (performance.now() - startedAt) / 1_000
  over.abort()
  const pages = await reader
  const pagesCpuSeconds = isRead ? await costOfPages(at, connector.pid) : 0
  await ledger.close()
  connector.kill('SIGTERM')
  await ended
  return {
    rate: (MESSAGES - before) / seconds,
    pages,
    pagesCpuSeconds,
    wrong:
      before < MESSAGES / 2 ? [] : ['half of the messages were there at the first look; take more of them'],
  }
}

/**
 * Seconds of processor time that all pages together cost once, less what the process uses without
 * them. It tells what they take from intake also where other work disturbs the rates.
 */
async function costOfPages(at: string, pid: number | undefined): Promise<number> {
  /** Seconds of processor time in a second. */
  let idle = 1
  await until(
    'the process has done its work',
    async () => {
      const before = await cpuSecondsOf(pid)
      await delay(IDLE_MS)
      idle = ((await cpuSecondsOf(pid)) - before) / (IDLE_MS / 1_000)
      return idle < 0.2
    },
    60_000,
  )
  const [before, startedAt] = [await cpuSecondsOf(pid), performance.now()]
  const etags = new Map<string, string>()
  for (let time = 0; time < ROUNDS; time += 1) await readAll(at, etags)
  const seconds = (performance.now() - startedAt) / 1_000
  return ((await cpuSecondsOf(pid)) - before - idle * seconds) / ROUNDS
}

/** Asks for every page as a browser does that has all of them open. */
async function readPages(at: string, signal: AbortSignal): Promise<number> {
  const etags = new Map<string, string>()
  let pages = 0
  while (!signal.aborted) {
    await readAll(at, etags)
    pages += PAGES.length
    await delay(EVERY_MS, null, { signal }).catch(() => null)
  }
  return pages
}

async function readAll(at: string, etags: Map<string, string>): Promise<void> {
  for (const path of PAGES) {
    const headers = { 'rollcall-refresh': '1', 'if-none-match': etags.get(path) ?? '' }
    const response = await fetch(at + path, { headers })
    await response.text()
    if (response.status >= 500) throw new Error(`${path}: ${response.status}`)
    etags.set(path, response.headers.get('etag') ?? '')
  }
}
