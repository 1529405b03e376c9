import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { parseBrokerConfig } from '../../../src/local/service-bus/config.ts'
import { startBrokerThread } from '../../../src/local/service-bus/thread/thread.ts'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import type { EntityAddress } from '../../../src/core/intake/entity.ts'
import { busDeadLetterQueue } from '../../../src/adapters/service-bus/dead-letter-queue.ts'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { RELEASED_BRAKE } from '../../../src/core/plan/decide/brake.ts'
import { silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'
import { command } from '../../fakes/cli.ts'
import { readLedger } from '../../adapters/support/read-ledger.ts'
import { COMPILE_CACHE } from '../../fakes/compile-cache.ts'
import { hrEvent, messageOf, World } from '../conformance/ledger/world.ts'

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))
const configOf = (queues: readonly string[]) => ({
  UserConfig: {
    Namespaces: [
      {
        Name: 'sbemulatorns',
        Queues: [
          ...queues.map((Name) => ({ Name, Properties: { DeadLetteringOnMessageExpiration: true } })),
          { Name: 'hr-dead-letters' },
          {
            Name: 'hr-sessions',
            Properties: { DeadLetteringOnMessageExpiration: true, RequiresSession: true },
          },
        ],
        Topics: [
          {
            Name: 'hr-topic',
            Properties: {},
            Subscriptions: [
              { Name: 'rollcall', Properties: { DeadLetteringOnMessageExpiration: true } },
              { Name: 'others', Properties: { DeadLetteringOnMessageExpiration: false } },
            ],
          },
        ],
      },
    ],
  },
})

const PLACES = {
  sessions: { queue: 'hr-sessions' },
  subscription: { topic: 'hr-topic', subscription: 'rollcall' },
} satisfies Readonly<Record<string, EntityAddress>>

/** Whether a replay has frozen its selection and not ended. */
async function hasOpenReplay(path: string): Promise<boolean> {
  return (await readLedger(path, (ledger) => ledger.listReplays({ open: null, limit: 10 }))).length > 0
}

/** A bus with queues that worlds can have for themselves. */
export interface WorldBus {
  readonly connectionString: string
  stop(): Promise<void>
}

/** In a thread, with such queues: one is enough for many worlds. */
export const busWith = (queues: readonly string[]): Promise<WorldBus> =>
  startBrokerThread({ config: parseBrokerConfig(JSON.stringify(configOf(queues))) })

/** In a process of its own. */
async function busApart(queue: string): Promise<WorldBus> {
  const child = fork(new URL('../../local/service-bus/broker-process.ts', import.meta.url), [
    JSON.stringify(configOf([queue])),
  ])
  const [{ connectionString }] = (await once(child, 'message')) as [{ readonly connectionString: string }]
  return {
    connectionString,
    stop: async () => {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

/**
 * A bus and a ledger in a file, each with dead letters, and the command that replays them. Without
 * a `bus`, it has one in a process of its own.
 */
export async function replayWorld(
  total: number,
  sourceAddress: 'queue' | 'sessions' | 'subscription' = 'queue',
  { bus, queue = 'hr-events' }: { readonly bus?: WorldBus; readonly queue?: string } = {},
) {
  const used = bus ?? (await busApart(queue))
  const { connectionString } = used
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-replay-'))
  const path = join(folder, 'ledger.db')
  await fillLedger(path, total)
  const place: EntityAddress = sourceAddress === 'queue' ? { queue } : PLACES[sourceAddress]
  await fillBus(connectionString, total, 'queue' in place ? place.queue : place.topic)
  const rules = join(folder, 'rollcall.yaml')
  await writeFile(
    rules,
    JSON.stringify({ sources: [{ name: 'hr', ...place, sessions: sourceAddress === 'sessions' }] }),
  )
  const environment = {
    PATH: process.env['PATH'] ?? '',
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    SERVICEBUS_CONNECTION_STRING: connectionString,
    LEDGER: path,
    // A command that was killed is succeeded after it.
    LEASE_MS: '2000',
    ROLLCALL_CONFIG: rules,
  }

  const begin = (...args: readonly string[]) =>
    spawn(process.execPath, [MAIN, ...args], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] })

  return {
    environment,
    /** Runs a command in this process. */
    run: async (args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> => {
      const { code, stderr } = await command(args, environment)
      return { code, said: stderr }
    },
    /**
     * Runs a command as a process to its end, or kills it so many milliseconds after its selection
     * is frozen. Its exit code is `null` when it was killed.
     */
    runApart: async (
      args: readonly string[],
      killAfterMs: number | null = null,
    ): Promise<{ readonly code: number | null; readonly said: string; readonly ms: number }> => {
      const startedAt = performance.now()
      const running = begin(...args)
      let said = ''
      running.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
      const exit = once(running, 'exit') as Promise<[number | null]>
      if (killAfterMs !== null) {
        while (running.exitCode === null && !(await hasOpenReplay(path))) await delay(50)
        await delay(killAfterMs)
        running.kill('SIGKILL')
      }
      const [code] = await exit
      return { code, said, ms: performance.now() - startedAt }
    },
    /** Event ids on the queue, and how many messages its dead-letter queue holds. */
    onBus: async (): Promise<{ readonly ids: readonly string[]; readonly shelved: number }> => {
      const client = connect({ kind: 'connection-string', connectionString })
      const runtime = systemRuntime(silentLogger, silentTelemetry)
      const read = async (shelf: 'queue' | 'dead-letters'): Promise<readonly string[]> => {
        const texts: string[] = []
        const one = busDeadLetterQueue(client, { ...place, shelf }, runtime)
        for (let from = 0n; ;) {
          const page = await one.peek(String(from), 250)
          const last = page.at(-1)
          if (!last) break
          texts.push(...page.map(({ text }) => text ?? ''))
          from = BigInt(last.sequence) + 1n
        }
        await one.close()
        return texts
      }
      const ids = (sourceAddress === 'sessions' ? [] : await read('queue')).map(
        (text) => (JSON.parse(text) as { id: string }).id,
      )
      const shelved = (await read('dead-letters')).length
      await closeWithin(2_000, client.close())
      return { ids, shelved }
    },
    /** How many events of the ledger are dead, and how many were put back so often. */
    inLedger: async (): Promise<{ readonly dead: number; readonly open: number; readonly done: number }> => {
      const [{ stateCounts }, runs] = await readLedger(path, async (ledger) => [
        await ledger.readCounts(),
        await ledger.listReplays({ open: null, limit: 10 }),
      ])
      return {
        dead: stateCounts.events['dead-lettered'],
        open: stateCounts.events.received,
        done: runs.reduce((sum, { counts }) => sum + counts.done, 0),
      }
    },
    /** How many dead letters of the queue a replay has chosen and not begun with. */
    frozen: (): Promise<number> =>
      readLedger(path, async (ledger) => {
        const [run] = await ledger.listReplays({ open: null, limit: 1 })
        return run ? (await ledger.listReplayItems(run.id, queue, 'frozen', total)).length : total
      }),
    close: async (): Promise<void> => {
      if (used !== bus) await used.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function fillBus(connectionString: string, total: number, entity: string): Promise<void> {
  const client = connect({ kind: 'connection-string', connectionString })
  const sender = client.createSender(entity)
  const bodyOf = (n: number): Buffer =>
    Buffer.from(
      JSON.stringify({
        specversion: '1.0',
        id: `bus-${n}`,
        source: '/hr',
        type: 'worker.updated',
        subject: `b${n}`,
        data: { worker: { title: 'x'.repeat(300) } },
      }),
    )
  for (let sent = 0; sent < total; sent += 250)
    await sender.sendMessages(
      Array.from({ length: Math.min(250, total - sent) }, (_, n) => ({
        body: bodyOf(sent + n),
        contentType: 'application/cloudevents+json',
        messageId: `m${sent + n}`,
        sessionId: `b${sent + n}`,
        timeToLive: 1,
      })),
    )
  await closeWithin(2_000, client.close())
}

/** Employees whose events never hold what the directory requires. */
async function fillLedger(path: string, total: number): Promise<void> {
  const ledger = await openSqliteLedger({ path, now: Date.now })
  const world = new World(ledger)
  for (let made = 0; made < total; made += 1_000) {
    const messages = Array.from({ length: Math.min(1_000, total - made) }, (_, n) => {
      const employeeId = `p${made + n}`
      const original = {
        messageId: employeeId,
        sessionId: null,
        contentType: 'application/json',
        body: 'x'.repeat(300),
        properties: {},
      }
      return {
        ...messageOf(`${made + n}`, hrEvent(`ledger-${made + n}`, employeeId, { title: 'x' })),
        original,
      }
    })
    await world.intake(messages)
    await ledger.commitPlan(world.decide(await world.due(1_000)), RELEASED_BRAKE, world.now)
    await ledger.expireIncompleteEvents(world.now, world.now, 1_000)
  }
  await ledger.close()
}
