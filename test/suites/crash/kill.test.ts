import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, it, type TestContext } from 'node:test'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { type Doubles, startDoubles } from '../../../src/cli/doubles/doubles.ts'
import type { DirectoryEntry } from '../../../src/local/entra/directory/directory.ts'
import { feed } from '../../../src/compose/feed.ts'
import { reconcile } from '../../../src/cli/support/reconcile.ts'
import { type PostgresServer, startPostgres } from '../../adapters/support/postgres.ts'
import { until } from '../../adapters/support/until.ts'
import { differences } from '../../fakes/directory.ts'
import { type History, makeHistory } from '../../fakes/history.ts'
import { command } from '../../fakes/cli.ts'
import { start } from '../../fakes/rollcall.ts'
import { sharedHistory, sharedHistoryIsThere } from '../../fakes/shared-history.ts'
import { openReader } from './reader.ts'

/**
 * `KILL_ROUNDS=10` makes it a hundred kills an engine, each round with another history and of the
 * full size.
 */
const FULL = process.env['KILL_ROUNDS'] !== undefined
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 1)
const KILLS = FULL ? 10 : 3
const EMPLOYEES = FULL ? 600 : 120

let server: PostgresServer | null = null
after(() => server?.close())

interface Engine {
  readonly employees: number
  locationIn(folder: string): Promise<string>
}
const ENGINES: Readonly<Record<string, Engine>> = {
  SQLite: { employees: EMPLOYEES, locationIn: async (folder) => join(folder, 'ledger.db') },
  PostgreSQL: { employees: EMPLOYEES, locationIn: async () => (server ??= await startPostgres()).database() },
}

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-crash-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function doublesFor(t: TestContext): Promise<Doubles> {
  const doubles = await startDoubles({ fast: true })
  t.after(() => doubles.stop())
  return doubles
}

/** Every line on the queue before anything runs. */
async function feedAll(doubles: Doubles, folder: string, { lines }: History): Promise<void> {
  const file = join(folder, 'history.jsonl')
  await writeFile(file, `${lines.join('\n')}\n`)
  const connectionString = doubles.environment['SERVICEBUS_CONNECTION_STRING'] ?? ''
  const client = connect({ kind: 'connection-string', connectionString })
  assert.equal(await feed(client, { queue: 'hr-events' }, file), lines.length)
  await closeWithin(2_000, client.close())
}

interface Run {
  readonly child: ChildProcess
  readonly said: Promise<string>
}

function runOn(t: TestContext, doubles: Doubles, ledger: string): Run {
  // Killed so often, it takes longer to hear the rest of somebody than the fast settings wait for.
  const child = start(['run'], {
    ...doubles.environment,
    INCOMPLETE_MS: '900000',
    // A killed process keeps its leases this long.
    LEASE_MS: '1500',
    LEDGER: ledger,
    LOG_LEVEL: 'warn',
  })
  t.after(() => child.kill('SIGKILL'))
  return { child, said: child.stderr ? text(child.stderr) : Promise.resolve('') }
}

/** Half of the work is taking messages in, half is answering their events. */
async function progress(reader: Ledger, history: History): Promise<number> {
  const { messages, finished } = await reader.readTotals()
  return (messages / history.lines.length + finished / history.events) / 2
}

/** Kills the connector again and again, each time without a word, and then lets it finish. */
async function survive(
  t: TestContext,
  history: History,
  folder: string,
  path: string,
  kills: number,
): Promise<void> {
  const doubles = await doublesFor(t)
  await feedAll(doubles, folder, history)
  const killedAt: number[] = []
  let run = runOn(t, doubles, path)
  const reader = await openReader(path)
  t.after(() => reader.close())
  for (let kill = 0; kill < kills; kill++) {
    const place = 0.1 + (0.8 * kill) / (kills - 1)
    await until(
      `${Math.round(place * 100)} % of the work is done`,
      async () => (await progress(reader, history)) >= place,
      60_000,
      25,
    )
    const ended = once(run.child, 'exit')
    run.child.kill('SIGKILL')
    await ended
    killedAt.push(await progress(reader, history))
    // The bus would let go of what the dead process held after a minute.
    await doubles.bus.inject({ kind: 'expire-locks' })
    run = runOn(t, doubles, path)
  }
  await until(
    'everything is answered and told',
    async () => {
      const { messages } = await reader.readTotals()
      const { active, locked } = await doubles.bus.counts('hr-events')
      return (
        messages >= history.lines.length && active + locked === 0 && (await reader.readIdle(Date.now())).idle
      )
    },
    120_000,
    150,
  )
  const ended = once(run.child, 'exit')
  const askedAt = Date.now()
  run.child.kill('SIGTERM')
  const [code] = (await ended) as [number | null]
  assert.equal(code, 0, await run.said)
  assert.ok(Date.now() - askedAt < 10_000, `SIGTERM took ${Date.now() - askedAt} ms`)

  const response = await fetch(`http://127.0.0.1:${doubles.entra.port}/directory`)
  const directory = (await response.json()) as Readonly<Record<string, DirectoryEntry>>
  assert.deepEqual(differences(directory, history.oracle), [])
  assert.equal(Object.keys(directory).length, history.oracle.size)

  const { totals, stateCounts } = await reader.readCounts()
  const books = reconcile(totals, stateCounts)
  assert.deepEqual(books.wrong, [])
  assert.deepEqual(
    {
      messages: totals.messages,
      events: totals.events,
      duplicates: totals.duplicates,
      rejected: totals.rejected,
      open: books.open,
    },
    {
      messages: history.lines.length,
      events: history.events,
      duplicates: history.lines.length - history.events,
      rejected: 0,
      open: 0,
    },
  )
  assert.equal(totals.finished, history.events, 'one outcome for each event')
  assert.equal(totals.published, history.events)
  const outcomes = await doubles.bus.counts('hr-outcomes')
  assert.equal(outcomes.active, history.events, 'the bus drops an outcome that was sent twice')
  assert.equal((await doubles.bus.counts('hr-events')).deadLetter, 0)
  const status = await command(['status', '--allow-stopped', '--output', 'json'], { LEDGER: path })
  assert.equal(status.code, 0, status.stderr)
  t.diagnostic(
    `killed at ${killedAt.map((at) => `${Math.round(at * 100)} %`).join(', ')}; ${totals.redelivered} redelivered, ${totals.operations} operations, ${totals.calls} calls, SIGTERM ${Date.now() - askedAt} ms`,
  )
}

void it('SIGTERM in the middle of the work leaves no message locked', async (t) => {
  const folder = await folderFor(t)
  const history = makeHistory({ employees: FULL ? 2_000 : 1_000, seed: 20_261_102 })
  const doubles = await doublesFor(t)
  const path = join(folder, 'ledger.db')
  await feedAll(doubles, folder, history)
  const run = runOn(t, doubles, path)
  const reader = await openReader(path)
  t.after(() => reader.close())
  await until('some are taken in', async () => (await reader.readTotals()).messages > 500, 30_000, 5)
  const ended = once(run.child, 'exit')
  run.child.kill('SIGTERM')
  const [code] = (await ended) as [number | null]
  assert.equal(code, 0, await run.said)
  const { active, locked, completed, deadLetter } = await doubles.bus.counts('hr-events')
  assert.ok(active > 0, 'it was in the middle')
  assert.deepEqual(
    { locked, sum: active + completed, deadLetter },
    { locked: 0, sum: history.lines.length, deadLetter: 0 },
  )
})

for (const [engine, { employees, locationIn }] of Object.entries(ENGINES))
  for (let round = 0; round < ROUNDS; round++)
    void it(`a connector on ${engine} killed at ${KILLS} places of its work loses nothing, counts nothing twice and ends with the right directory${ROUNDS > 1 ? ` (history ${round + 1})` : ''}`, async (t) => {
      const folder = await folderFor(t)
      const history = makeHistory({ employees, seed: 20_261_102 + round })
      await survive(t, history, folder, await locationIn(folder), KILLS)
    })

void it(
  'so it does with the real history',
  {
    skip:
      !(FULL && sharedHistoryIsThere) && 'the real history is not here, or KILL_ROUNDS does not ask for it',
  },
  async (t) => {
    const folder = await folderFor(t)
    await survive(t, await sharedHistory(folder, 7), folder, join(folder, 'ledger.db'), 4)
  },
)
