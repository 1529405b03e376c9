import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkReadable, checkWritable } from '../../adapters/files.ts'
import { closeWithin, connect } from '../../adapters/service-bus/client.ts'
import { busAddress, type Composed, compose } from '../../compose/connector.ts'
import type { Config } from '../../config/load.ts'
import { readConfig } from '../../compose/config.ts'
import { defaultSource } from '../../config/rules.ts'
import type { Totals } from '../../core/ledger/port/inspect.ts'
import { type Doubles, startDoubles } from '../doubles/doubles.ts'
import { feed } from '../../compose/feed.ts'
import { differs, reconcile } from '../support/reconcile.ts'
import { type Format, printJson, printTable, progress, say } from '../support/output.ts'
import { outside, stopSignal, whenAborted } from '../support/process.ts'

export interface DemoOptions {
  readonly events?: string
  readonly fast: boolean
  readonly exit: boolean
  /** Removes a former demo's ledger first: the doubles start empty, and so should it. */
  readonly fresh: boolean
  readonly directory?: string
  readonly ledger?: string
  readonly output: Format
}

export interface DemoReport {
  readonly messages: number
  readonly duplicates: number
  readonly rejected: number
  readonly events: Readonly<Record<string, number>>
  readonly operations: number
  readonly calls: number
  readonly employees: number
  readonly elapsedMs: number
  readonly balanced: boolean
  readonly wrong: readonly string[]
}

const SAMPLE = new URL('../doubles/sample-events.jsonl', import.meta.url)

/** Both doubles and the connector in one process. 0 when the books balance, 3 when they do not. */
export async function demo(options: DemoOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  if (options.events !== undefined) checkReadable('--events', options.events)
  if (options.directory !== undefined) checkWritable('--directory', options.directory)
  if (options.ledger !== undefined) checkWritable('--ledger', options.ledger)
  await using stack = new AsyncDisposableStack()
  const ledger = options.ledger ?? join(await temporaryFolder(stack), 'ledger.db')
  if (options.fresh)
    for (const suffix of ['', '-wal', '-shm']) await rm(`${ledger}${suffix}`, { force: true })
  const doubles = stack.adopt(await startDoubles({ fast: options.fast }), (it) => it.stop())
  const config = onDemoQueue(
    readConfig({ LOG_LEVEL: 'warn', ...environment, ...doubles.environment, LEDGER: ledger }),
  )
  const { runtime, close } = await outside(config)
  stack.defer(close)
  const stop = stopSignal(runtime.log)
  const composed = stack.adopt(await compose(config, runtime), (it) => it.close())
  const before = await composed.ledger.readTotals()
  const running = composed.service.run()
  stack.defer(async () => {
    await composed.service.stop()
    await running
  })

  const startedAt = Date.now()
  const sent = await feedEvents(config, options.events ?? SAMPLE)
  const ended = await untilAnswered(composed, doubles, config, before.messages + sent, stop)
  const elapsedMs = Date.now() - startedAt
  if (options.directory !== undefined)
    await writeFile(options.directory, `${JSON.stringify(await doubles.entra.directory(), null, 1)}\n`)
  const report = await reportOf(composed, doubles, config, before, sent, elapsedMs)
  if (options.output === 'json') printJson(report)
  else printReport(report)
  const died = (report.events['dead-lettered'] ?? 0) > 0
  if (options.ledger !== undefined)
    say(
      '',
      'Look next:',
      ...[
        'status',
        'trace <event id or employee>',
        ...(died ? ['dead-letters list --store ledger'] : []),
      ].map((command) => `  LEDGER=${ledger} npm run --silent rollcall -- ${command}`),
    )
  if (!options.exit && ended) {
    say('', `Still running; ctrl-C ends it. The directory: http://127.0.0.1:${doubles.entra.port}/directory`)
    await Promise.race([whenAborted(stop), running])
  }
  return report.balanced && ended ? 0 : 3
}

/** Mapping and shapes of a file count in the demo too; of its sources those on the one queue the demo has. */
function onDemoQueue(config: Config): Config {
  const { sources, sourceAddresses } = config.rules
  const here = sourceAddresses.filter(
    ({ entity, sessions }) => entity === config.SERVICEBUS_QUEUE && !sessions,
  )
  if (here.length === sourceAddresses.length) return config
  const queue = config.SERVICEBUS_QUEUE
  say(`The demo has one queue, ${queue}: sources elsewhere are left out.`)
  const sourceAddress = { queue, entity: queue, sessions: false }
  return {
    ...config,
    rules: {
      ...config.rules,
      ...(here.length > 0
        ? { sources, sourceAddresses: here }
        : { sources: [defaultSource(config)], sourceAddresses: [sourceAddress] }),
    },
  }
}

async function temporaryFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function feedEvents(config: Config, file: string | URL): Promise<number> {
  const client = connect(busAddress(config))
  try {
    return await feed(client, config.SERVICEBUS_QUEUE, file)
  } finally {
    await closeWithin(5_000, client.close())
  }
}

const LOOK_EVERY_MS = 100

/** True when every event has its final outcome or waits for a moment; false when it was told to stop before. */
async function untilAnswered(
  { ledger }: Composed,
  { bus }: Doubles,
  config: Config,
  expected: number,
  stop: AbortSignal,
): Promise<boolean> {
  const line = progress()
  while (!stop.aborted) {
    const totals = await ledger.readTotals()
    line.show(
      `messages ${totals.messages}/${expected}  events ${totals.events}  answered ${totals.finished}  operations ${totals.operations}  calls ${totals.calls}`,
    )
    if (totals.messages >= expected && (await ledger.readIdle(Date.now())).idle) {
      const queue = await bus.counts(config.SERVICEBUS_QUEUE)
      if (queue.active + queue.locked === 0) {
        line.end()
        return true
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  return false
}

/** The ledger's own books, held against what the feeder sent and what the broker counted. */
async function reportOf(
  { ledger }: Composed,
  { bus }: Doubles,
  config: Config,
  before: Totals,
  sent: number,
  elapsedMs: number,
): Promise<DemoReport> {
  const { totals, stateCounts } = await ledger.readCounts()
  const books = reconcile(totals, stateCounts)
  const queue = await bus.counts(config.SERVICEBUS_QUEUE)
  const outcomes = await bus.counts(config.OUTCOMES_QUEUE)
  const since = (name: keyof Totals): number => totals[name] - before[name]
  const wrong = [
    ...books.wrong,
    ...differs('messages in the ledger', since('messages'), 'messages the feeder sent', sent),
    ...differs('messages the bus took', queue.incoming, 'messages the feeder sent', sent),
    ...differs('messages left on the bus', queue.active + queue.locked, 'none', 0),
    ...differs('dead letters on the bus', queue.deadLetter, 'messages rejected', since('rejected')),
    ...differs('messages the bus was told are done', queue.completed, 'messages decoded', since('decoded')),
    ...differs('outcomes on the bus', outcomes.active, 'outcomes published', since('published')),
  ]
  return {
    messages: since('messages'),
    duplicates: since('duplicates'),
    rejected: since('rejected'),
    events: books.events,
    operations: since('operations'),
    calls: since('calls'),
    employees: books.employees,
    elapsedMs,
    balanced: wrong.length === 0,
    wrong,
  }
}

function printReport(report: DemoReport): void {
  printTable(
    ['events', ''],
    Object.entries(report.events).filter(([, count]) => count > 0),
  )
  printTable(
    ['', ''],
    [
      ['messages', report.messages],
      ['duplicates', report.duplicates],
      ['rejected (native dead-letter queue)', report.rejected],
      ['employees', report.employees],
      ['operations', report.operations],
      ['calls', report.calls],
      ['elapsed', `${(report.elapsedMs / 1_000).toFixed(1)} s`],
      ['books', report.balanced ? 'balanced' : report.wrong.join('; ')],
    ],
  )
}
