import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openSqliteLedger } from '../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { RELEASED_BRAKE } from '../../src/core/plan/decide/brake.ts'
import { closeWithin, connect } from '../../src/adapters/service-bus/client.ts'
import { hrEvent, messageOf, World } from '../suites/conformance/ledger/world.ts'
import { memoryMB } from './support/process.ts'

/**
 * Measures `rollcall dead-letters` over both homes: `node test/bench/dead-letters.ts [in each]`
 * (default 100,000). The broker and the command run in processes of their own. Prints when the
 * first row came, how long all took, and the most memory the command ever held.
 */
const total = Number(process.argv[2] ?? 100_000)
const config = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'sbemulatorns',
        Queues: [{ Name: 'hr-events', Properties: { DeadLetteringOnMessageExpiration: true } }],
      },
    ],
  },
}
const child = fork(new URL('../local/service-bus/broker-process.ts', import.meta.url), [
  JSON.stringify(config),
])
const [{ connectionString }] = (await once(child, 'message')) as [{ readonly connectionString: string }]
const client = connect({ kind: 'connection-string', connectionString })
const sender = client.createSender('hr-events')
const bodyOf = (n: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: `e-${n}`,
      source: '/hr',
      type: 'worker.updated',
      subject: `p${n}`,
      data: 'x'.repeat(400),
    }),
  )
for (let sent = 0; sent < total; sent += 250)
  await sender.sendMessages(
    Array.from({ length: Math.min(250, total - sent) }, (_, n) => ({
      body: bodyOf(sent + n),
      contentType: 'application/cloudevents+json',
      timeToLive: 1,
    })),
  )
await closeWithin(2_000, client.close())

const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
const path = join(folder, 'ledger.db')
const ledger = await openSqliteLedger({ path, now: Date.now })
const world = new World(ledger)
for (let made = 0; made < total; made += 1_000) {
  // Employees whose required attributes never come.
  const messages = Array.from({ length: Math.min(1_000, total - made) }, (_, n) => {
    const employeeId = `p${made + n}`
    const original = {
      messageId: employeeId,
      sessionId: null,
      contentType: 'application/json',
      body: 'x'.repeat(400),
      properties: {},
    }
    return { ...messageOf(`${made + n}`, hrEvent(`l-${made + n}`, employeeId, { title: 'x' })), original }
  })
  await world.intake(messages)
  await ledger.commitPlan(world.decide(await world.due(1_000)), RELEASED_BRAKE, world.now)
  await ledger.expireIncompleteEvents(world.now, world.now, 1_000)
}
await ledger.close()

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
async function measure(...args: string[]): Promise<void> {
  const startedAt = performance.now()
  const command = spawn(process.execPath, [MAIN, 'dead-letters', ...args], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      SERVICEBUS_CONNECTION_STRING: connectionString,
      LEDGER: path,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let firstAt = 0
  let lines = 0
  let peak = 0
  const look = setInterval(
    () => void memoryOf(command.pid ?? 0).then((most) => (peak = Math.max(peak, most))),
    20,
  )
  command.stdout.on('data', (chunk: Buffer) => {
    firstAt ||= performance.now() - startedAt
    for (const byte of chunk) if (byte === 10) lines += 1
  })
  await once(command, 'exit')
  clearInterval(look)
  const seconds = (performance.now() - startedAt) / 1_000
  process.stdout.write(
    `${args.join(' ')}: first row after ${Math.round(firstAt)} ms, ${lines} lines in ${seconds.toFixed(1)} s, ${peak} MB at most\n`,
  )
}

/** The most a process ever held, as Linux counts it. */
async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return memoryMB(status, 'VmHWM') ?? 0
}

// The first time it also keeps its compiled code.
await measure('list', '--limit', '1')
await measure('list', '--store', 'bus', '--limit', '1')
await measure('list', '--store', 'bus')
await measure('list', '--store', 'bus', '--output', 'ndjson')
await measure('list', '--store', 'bus', '--employee', 'p99999')
await measure('groups', '--store', 'bus')
await measure('list', '--store', 'ledger', '--limit', '1')
await measure('list', '--store', 'ledger')
await measure('list', '--output', 'ndjson')
await measure('groups')
child.disconnect()
await rm(folder, { recursive: true })
