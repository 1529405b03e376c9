import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { feedFile } from '../../compose/bus.ts'
import { readConfig } from '../../compose/config.ts'
import { type Composed, compose } from '../../compose/connector.ts'
import { namedEntities } from '../../compose/check/run-needs.ts'
import { checkFiles } from '../../compose/files.ts'
import { processRuntime, stopSignal, whenAborted } from '../../compose/process.ts'
import type { Config } from '../../config/load.ts'
import { defaultSource, type SourceAddress } from '../../config/rules/sources.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import type { Totals } from '../../core/ledger/port/inspect.ts'
import { type Format, printJson, printLines, say } from '../support/output.ts'
import { progress } from '../support/screen/progress.ts'
import { differs, reconcile } from '../support/reconcile.ts'
import { type DemoReport, linesOf, nextLine } from './demo-report.ts'
import { DOUBLE_QUEUES, type Doubles, startDoubles } from './doubles.ts'

export interface DemoOptions {
  readonly events?: string | undefined
  /** Queue or topic of the events; without it that of the first source. */
  readonly queue?: string | undefined
  readonly fast: boolean
  readonly exit: boolean
  /** Removes the ledger of an earlier demo first, because the doubles start empty. */
  readonly fresh: boolean
  readonly directory?: string | undefined
  readonly ledger?: string | undefined
  readonly output: Format
}

/** A connector that runs on the doubles. */
interface Demo {
  readonly config: Config
  /** Where the events are sent, and where they are received. */
  readonly address: SourceAddress
  readonly composed: Composed
  readonly doubles: Doubles
  readonly running: Promise<void>
  readonly stop: AbortSignal
}

const SAMPLE = new URL('sample-events.jsonl', import.meta.url)

/** Exit 0 when the books balance, 3 when they do not. */
export async function demo(options: DemoOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  checkFiles({
    readable: { '--events': options.events },
    writable: { '--directory': options.directory, '--ledger': options.ledger },
  })
  await using stack = new AsyncDisposableStack()
  const ledger = options.ledger ?? join(await temporaryFolder(stack), 'ledger.db')
  if (options.fresh)
    for (const suffix of ['', '-wal', '-shm']) await rm(`${ledger}${suffix}`, { force: true })
  const demo = await startDemo(stack, options, environment, ledger)
  const { address, composed, config, doubles, running, stop } = demo
  const before = await composed.ledger.readTotals()
  const startedAt = Date.now()
  const sent = await feedFile(config, options.events ?? SAMPLE, () => {}, {
    queue: 'queue' in address ? address.queue : address.topic,
    session: address.sessions ? 'demo' : null,
  })
  const ended = await untilFinal(demo, before.messages + sent)
  const elapsedMs = Date.now() - startedAt
  if (options.directory !== undefined)
    await writeFile(options.directory, `${JSON.stringify(await doubles.entra.directory(), null, 1)}\n`)
  const report = await reportOf(demo, before, sent, elapsedMs)
  if (options.output === 'json') printJson(report)
  else printLines(...linesOf(report))
  say(nextLine(report, options.ledger, environment))
  if (!options.exit && ended) {
    say('', `Still running; ctrl-C ends it. The directory: http://127.0.0.1:${doubles.entra.port}/directory`)
    await Promise.race([whenAborted(stop), running])
  }
  return report.balanced && ended ? EXIT_CODES.done : EXIT_CODES.unbalanced
}

/** Starts both doubles and the connector; `stack` stops them. */
async function startDemo(
  stack: AsyncDisposableStack,
  options: DemoOptions,
  environment: NodeJS.ProcessEnv,
  ledger: string,
): Promise<Demo> {
  const { rules } = readConfig({ ...environment, ...DOUBLE_QUEUES })
  const address =
    options.events === undefined ? SAMPLE_QUEUE : addressOf(rules.sourceAddresses, options.queue)
  const doublesOptions = { fast: options.fast, entities: namedEntities(rules) }
  const doubles = stack.adopt(await startDoubles(doublesOptions), (it) => it.stop())
  const given = readConfig({ LOG_LEVEL: 'error', ...environment, ...doubles.environment, LEDGER: ledger })
  const config = options.events === undefined ? onSampleQueue(given) : given
  const { runtime, close } = await processRuntime(config)
  stack.defer(close)
  const { signal: stop } = stack.use(stopSignal(runtime.log))
  const composed = stack.adopt(await compose(config, runtime), (it) => it.close())
  const running = composed.service.run()
  stack.defer(async () => {
    await composed.service.stop()
    await running
  })
  return { config, address, composed, doubles, running, stop }
}

/** Where the events of a file are sent. Throws `ArgumentInvalid` for a queue without a source. */
function addressOf(addresses: readonly SourceAddress[], queue: string | undefined): SourceAddress {
  const names = addresses.map((address) => ('queue' in address ? address.queue : address.topic))
  const found = addresses[queue === undefined ? 0 : names.indexOf(queue)]
  if (found) return found
  throw new RollcallError('ArgumentInvalid', `--queue takes one of ${[...new Set(names)].join(', ')}`)
}

const SAMPLE_QUEUE: SourceAddress = {
  queue: DOUBLE_QUEUES.SERVICEBUS_QUEUE,
  entity: DOUBLE_QUEUES.SERVICEBUS_QUEUE,
  sessions: false,
}

/**
 * The bundled events are canonical, and on one queue. Of `rollcall.yaml` they see mapping and
 * shapes, and the sources on that queue.
 */
function onSampleQueue(config: Config): Config {
  const { sources, sourceAddresses } = config.rules
  const here = sourceAddresses.filter(({ entity, sessions }) => entity === SAMPLE_QUEUE.entity && !sessions)
  if (here.length === sourceAddresses.length) return config
  say(
    `The bundled events are on the queue ${SAMPLE_QUEUE.entity}, so sources on others are ignored; --events sends your own.`,
  )
  return {
    ...config,
    rules: {
      ...config.rules,
      ...(here.length > 0
        ? { sources, sourceAddresses: here }
        : { sources: [defaultSource(config)], sourceAddresses: [SAMPLE_QUEUE] }),
    },
  }
}

async function temporaryFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const LOOK_EVERY_MS = 100

/**
 * True when every event has its final outcome or waits for an instant; false when a signal arrived
 * first.
 */
async function untilFinal(
  { address, composed: { ledger }, doubles: { bus }, stop }: Demo,
  expected: number,
): Promise<boolean> {
  const line = progress('messages', expected)
  while (!stop.aborted) {
    const totals = await ledger.readTotals()
    line.at(
      totals.messages,
      `${totals.finished} of ${totals.events} events answered, ${totals.operations} operations, ${totals.calls} calls`,
    )
    if (totals.messages >= expected && (await ledger.readIdle(Date.now())).idle) {
      const queue = await bus.counts(address.entity)
      if (queue.active + queue.locked === 0) {
        line.end()
        return true
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  return false
}

/** The books of the ledger, compared with what the feeder sent and what the broker counted. */
async function reportOf(
  { address, composed: { ledger }, doubles: { bus }, config }: Demo,
  before: Totals,
  sent: number,
  elapsedMs: number,
): Promise<DemoReport> {
  const { totals, stateCounts } = await ledger.readCounts()
  const books = reconcile(totals, stateCounts)
  const queue = await bus.counts(address.entity)
  const outcomes = await bus.counts(config.OUTCOMES_QUEUE)
  const since = (name: keyof Totals): number => totals[name] - before[name]
  const wrong = [
    ...books.wrong,
    ...differs('messages in the ledger', since('messages'), 'messages the feeder sent', sent),
    ...differs('messages the bus took', queue.incoming, 'messages the feeder sent', sent),
    ...differs('messages left on the bus', queue.active + queue.locked, 'none', 0),
    ...differs('dead letters on the bus', queue.deadLetter, 'messages rejected', since('rejected')),
    ...differs('messages completed on the bus', queue.completed, 'messages decoded', since('decoded')),
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
