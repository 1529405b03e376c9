import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Doubles } from '../../../../src/cli/doubles/doubles.ts'
import { reconcile } from '../../../../src/cli/support/reconcile.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { until } from '../../../adapters/support/until.ts'
import { COMPILE_CACHE } from '../../../fakes/compile-cache.ts'
import { differences } from '../../../fakes/directory.ts'
import { openReader } from '../reader.ts'
import { doublesFor, type Ending, feedAll, folderFor, isAtRest } from '../site.ts'
import { COUNTS_FILE, type Counts, DIE_AT, type Point, textOf } from './point.ts'
import { CONFIG, NOTICED, type Story } from './story.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')
const INSTEAD = join(import.meta.dirname, 'instead-of-connector.ts')
const WITHIN_MS = 180_000

export interface Survived {
  /**
   * The points at which a process died. A process that did not come to its point went on to the
   * end.
   */
  readonly died: readonly Point[]
  /** How often the last process had each effect. */
  readonly counts: Counts
}

/**
 * Runs the connector as a process that dies at the first point, another one that dies at the next,
 * and so on, and one that does the rest. Rejects when anything is lost, doubled or wrong then.
 */
export async function survive(
  t: Ending,
  location: string,
  points: readonly Point[],
  story: Story,
): Promise<Survived> {
  const doubles = await doublesFor(t)
  const folder = await folderFor(t)
  const environment = { ...(await environmentIn(t, folder, doubles)), LEDGER: location }
  await feedAll(t, doubles, story.lines)
  const died: Point[] = []
  let reader: Ledger | null = null
  for (const point of [...points, null]) {
    const counts = join(folder, 'counts.json')
    const run = begin(t, {
      ...environment,
      ...(point ? { [DIE_AT]: textOf(point) } : { [COUNTS_FILE]: counts }),
    })
    reader ??= await readerFor(t, location)
    const ended = await endOf(run, doubles, reader, story)
    if (ended === 'died' && point) {
      died.push(point)
      // The bus would let go of what the dead process held after a minute.
      await doubles.bus.inject({ kind: 'expire-locks' })
      continue
    }
    assert.equal(ended, 'at rest', `${point ? textOf(point) : 'undisturbed'}: ${run.said()}`)
    // Its point may come only while it stops.
    const diedStopping = (await stop(run)) === 'SIGKILL'
    if (point) {
      if (diedStopping) died.push(point)
      continue
    }
    assert.ok(!diedStopping, 'the last one was not killed')
    await check(doubles, reader, story)
    return { died, counts: JSON.parse(await readFile(counts, 'utf8')) as Counts }
  }
  throw new Error('the last process did not end')
}

async function readerFor(t: Ending, location: string): Promise<Ledger> {
  const reader = await openReader(location)
  t.after(() => reader.close())
  return reader
}

interface Run {
  readonly child: ChildProcess
  said(): string
}

function begin(t: Ending, environment: Readonly<Record<string, string>>): Run {
  const child = spawn(process.execPath, ['--import', INSTEAD, join(ROOT, 'src', 'main.ts'), 'run'], {
    env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: COMPILE_CACHE, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const said: string[] = []
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  return { child, said: () => said.join('') }
}

/** Before that, SIGTERM ends a process like any other. */
const hasStarted = (said: string): boolean => said.includes('"event":"started"')

/** How a process ended, or that there is nothing left to do for it. */
async function endOf(
  { child, said }: Run,
  doubles: Doubles,
  reader: Ledger,
  story: Story,
): Promise<'died' | 'failed' | 'at rest'> {
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null
  await until(
    'it dies, or everything is answered and told',
    async () => !isRunning() || (hasStarted(said()) && (await isDone(doubles, reader, story))),
    WITHIN_MS,
    20,
  ).catch(async (cause: unknown) => {
    const { stateCounts } = await reader.readCounts()
    const bus = await doubles.bus.counts('hr-events')
    throw new Error(
      `it does not come to an end: ${JSON.stringify({ stateCounts, bus })}; it said ${said()}`,
      {
        cause,
      },
    )
  })
  if (isRunning()) return 'at rest'
  return child.signalCode === 'SIGKILL' ? 'died' : 'failed'
}

/** Also the notification and the copy of what died are sent. */
async function isDone(doubles: Doubles, reader: Ledger, story: Story): Promise<boolean> {
  if (!(await isAtRest(doubles, reader, story.lines.length))) return false
  return (await doubles.bus.counts('hr-dead-letters')).active >= story.dead
}

/** Asks it to end, and says which signal ended it. */
async function stop({ child, said }: Run): Promise<NodeJS.Signals | null> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null]
  if (signal !== 'SIGKILL') assert.equal(code, 0, said())
  return signal
}

async function environmentIn(
  t: Ending,
  folder: string,
  doubles: Doubles,
): Promise<Readonly<Record<string, string>>> {
  const server = createServer((request, response) => {
    const [, id = ''] = /^\/workers\/(.+)$/.exec(request.url ?? '') ?? []
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(NOTICED.get(id) ?? {}))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const file = join(folder, 'rollcall.yaml')
  await writeFile(file, CONFIG)
  return {
    ...doubles.environment,
    ROLLCALL_CONFIG: file,
    HR: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    // Several commits, batches and calls of each kind.
    INTAKE_BATCH: '20',
    BATCH_OPERATIONS: '5',
    COALESCE_QUIET_MS: '50',
    // Killed so often, it takes longer to hear the rest of an employee than the fast settings wait
    // for.
    INCOMPLETE_MS: '900000',
    // On PostgreSQL a killed process keeps its leases this long, and its batches for two requests.
    LEASE_MS: '3000',
    HTTP_TIMEOUT_MS: '1000',
    LOG_LEVEL: 'info',
  }
}

/** Nothing is lost, nothing is doubled, and the directory is as HR said. */
async function check(doubles: Doubles, reader: Ledger, story: Story): Promise<void> {
  const directory = await doubles.entra.directory()
  assert.deepEqual(differences(directory, story.oracle), [])
  const { totals, stateCounts } = await reader.readCounts()
  const books = reconcile(totals, stateCounts)
  const { messages, events, rejected, finished, published } = totals
  const source = await doubles.bus.counts('hr-events')
  assert.deepEqual(
    {
      wrong: books.wrong,
      open: books.open,
      messages,
      events,
      rejected,
      finished,
      published,
      // The bus drops an outcome and a copy that are sent twice.
      outcomes: (await doubles.bus.counts('hr-outcomes')).active,
      copies: (await doubles.bus.counts('hr-dead-letters')).active,
      left: source.active + source.locked,
      refused: source.deadLetter,
      dead: stateCounts.events['dead-lettered'],
    },
    {
      wrong: [],
      open: 0,
      messages: story.lines.length,
      events: story.events,
      rejected: story.refused,
      finished: story.events,
      published: story.events,
      outcomes: story.events,
      copies: story.dead,
      left: 0,
      refused: story.refused,
      dead: story.dead,
    },
  )
}
