import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { printRound } from '../support/figures.ts'
import { durabilityOf, startDurablePostgres } from '../support/ledger.ts'
import { LOAD } from '../support/load.ts'
import { startDurableRedis } from './redis.ts'

/**
 * What a durable step costs elsewhere: job queues that do nothing with each job but take it and
 * mark it done, on the same durable PostgreSQL as `../intake.ts`, or on Redis that flushes every
 * write.
 *
 *     npm install --prefix bench-results/peers graphile-worker@0.18.0 pg-boss@12.38.0 bullmq@6.7.0 ioredis@6.0.0
 *     node test/bench/peers/jobs.ts --peer graphile-worker      or pg-boss, or bullmq
 *
 * `bullmq` needs the program `redis-server`; `--redis` says where it is.
 */
const { values } = parseArgs({
  options: {
    peer: { type: 'string', default: 'graphile-worker' },
    jobs: { type: 'string', default: '20000' },
    redis: { type: 'string', default: 'redis-server' },
  },
})
const INSTALLED = new URL('../../../bench-results/peers/package.json', import.meta.url)
const JOBS = Number(values.jobs)
const WARM_UP = Math.ceil(JOBS / 5)
/** As many as intake commits together. */
const AT_ONCE = LOAD.atOnce

/** A job queue. Jobs are added in lists, and done in whatever groups the queue offers. */
interface Peer {
  add(payloads: readonly object[]): Promise<void>
  /** Resolves once so many jobs have been done and the queue knows it. */
  work(count: number): Promise<void>
  close(): Promise<void>
}

/** The packages are installed by hand, so their types are not there: these are the parts in use. */
interface GraphileWorker {
  readonly Logger: new (of: () => () => void) => object
  makeWorkerUtils(options: { connectionString: string }): Promise<{
    migrate(): Promise<void>
    addJobs(jobs: readonly { identifier: string; payload: object }[]): Promise<unknown>
    release(): Promise<void>
  }>
  run(options: {
    preset: { worker: object }
    logger: object
    taskList: Readonly<Record<string, () => Promise<void>>>
    noHandleSignals: boolean
  }): Promise<{ stop(): Promise<void> }>
}
interface PgBoss {
  start(): Promise<unknown>
  createQueue(name: string): Promise<void>
  insert(name: string, jobs: readonly { data: object }[]): Promise<unknown>
  fetch(name: string, options: { batchSize: number }): Promise<readonly { id: string }[]>
  complete(name: string, ids: readonly string[]): Promise<unknown>
  stop(options: { graceful: boolean }): Promise<void>
}
interface BullMq {
  readonly Queue: new (
    name: string,
    options: { connection: object },
  ) => { addBulk(jobs: readonly object[]): Promise<unknown>; close(): Promise<void> }
  readonly Worker: new (
    name: string,
    work: () => Promise<void>,
    options: { connection: object; concurrency: number },
  ) => { on(event: 'completed', then: () => void): void; close(): Promise<void> }
}

await using stack = new AsyncDisposableStack()
const peer = await peerNamed(values.peer)
stack.defer(() => peer.close())
await round(WARM_UP)
const figures = await round(JOBS)
printRound({
  figures,
  settings: {
    peer: values.peer,
    ...(values.peer === 'bullmq' ? { settings: 'appendfsync=always' } : durabilityOf(true)),
    jobs: JOBS,
  },
  wrong: [],
})

async function round(count: number): Promise<Readonly<Record<string, number>>> {
  const payloads = Array.from({ length: count }, (_, index) => ({
    id: `job-${index}`,
    subject: String(100_000 + (index % 10_000)),
    worker: { title: `Engineer ${index}`, department: 'Development', managerId: '10015' },
  }))
  const addingAt = performance.now()
  for (let at = 0; at < count; at += AT_ONCE) await peer.add(payloads.slice(at, at + AT_ONCE))
  const [cpu, workingAt] = [process.cpuUsage(), performance.now()]
  await peer.work(count)
  const endedAt = performance.now()
  const { user, system } = process.cpuUsage(cpu)
  return {
    'jobs added/s': (count * 1_000) / (workingAt - addingAt),
    'jobs done/s': (count * 1_000) / (endedAt - workingAt),
    'process µs a job': (user + system) / count,
  }
}

async function peerNamed(name: string): Promise<Peer> {
  switch (name) {
    case 'graphile-worker':
      return graphileWorker(await database())
    case 'pg-boss':
      return pgBoss(await database())
    case 'bullmq':
      return bullMq(await startDurableRedis(values.redis, stack))
    default:
      throw new Error('--peer is graphile-worker, pg-boss or bullmq')
  }
}

async function database(): Promise<string> {
  const server = stack.adopt(await startDurablePostgres(), (it) => it.close())
  return server.database()
}

async function installed<T>(name: string): Promise<T> {
  const path = createRequire(INSTALLED).resolve(name)
  return (await import(pathToFileURL(path).href)) as T
}

async function graphileWorker(connectionString: string): Promise<Peer> {
  const { Logger, makeWorkerUtils, run } = await installed<GraphileWorker>('graphile-worker')
  const utils = await makeWorkerUtils({ connectionString })
  await utils.migrate()
  return {
    add: async (payloads) =>
      void (await utils.addJobs(payloads.map((payload) => ({ identifier: 'job', payload })))),
    work: async (count) => {
      const all = Promise.withResolvers<void>()
      let left = count
      const worker = {
        connectionString,
        concurrentJobs: 96,
        maxPoolSize: 20,
        localQueue: { size: AT_ONCE },
        completeJobBatchDelay: 0,
      }
      const job = async (): Promise<void> => {
        if (--left === 0) all.resolve()
      }
      const runner = await run({
        preset: { worker },
        taskList: { job },
        logger: new Logger(() => () => {}),
        noHandleSignals: true,
      })
      await all.promise
      await runner.stop()
    },
    close: () => utils.release(),
  }
}

async function pgBoss(connectionString: string): Promise<Peer> {
  const { PgBoss: Boss } = await installed<{ PgBoss: new (at: string) => PgBoss }>('pg-boss')
  const boss = new Boss(connectionString)
  await boss.start()
  await boss.createQueue('jobs')
  return {
    add: async (payloads) =>
      void (await boss.insert(
        'jobs',
        payloads.map((data) => ({ data })),
      )),
    work: async (count) => {
      for (let done = 0; done < count;) {
        const jobs = await boss.fetch('jobs', { batchSize: AT_ONCE })
        await boss.complete(
          'jobs',
          jobs.map(({ id }) => id),
        )
        done += jobs.length
      }
    },
    close: () => boss.stop({ graceful: false }),
  }
}

async function bullMq(port: number): Promise<Peer> {
  const { Queue, Worker } = await installed<BullMq>('bullmq')
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
  const queue = new Queue('jobs', { connection })
  const options = { removeOnComplete: true }
  return {
    add: async (payloads) =>
      void (await queue.addBulk(payloads.map((data) => ({ name: 'job', data, opts: options })))),
    work: async (count) => {
      const all = Promise.withResolvers<void>()
      let left = count
      const worker = new Worker('jobs', async () => {}, { connection, concurrency: AT_ONCE })
      worker.on('completed', () => {
        if (--left === 0) all.resolve()
      })
      await all.promise
      await worker.close()
    },
    close: () => queue.close(),
  }
}
