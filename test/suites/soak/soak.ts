import { statSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import type { ConnectorSettings } from '../../../src/core/connector/assembly.ts'
import { connector } from '../../../src/core/connector.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { RELEASED_BRAKE } from '../../../src/core/plan/decide/brake.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import { chance } from '../../fakes/history.ts'
import { chanceOf } from '../../fakes/plain-event.ts'
import { type Clock, clockFrom, instanceOn } from '../simulation/clock.ts'
import { HOUR, MINUTE } from '../simulation/story.ts'
import { FROM } from '../simulation/world.ts'
import { careersOf } from './story.ts'
import { countingSender, entraOn, queueOn } from './world.ts'

const DAY = 24 * HOUR
const SECOND = 1_000
/** Events come in such steps. */
const STEP_MS = 30 * MINUTE
const EVENTS_A_STEP = 1_000
const RETAINED_MS = 4 * DAY
/** Until everything that was sent has its answer. */
const REST_MS = 3 * DAY

export interface SoakOptions {
  readonly events: number
  readonly employees: number
  readonly seed: number
  /** The file of the ledger. */
  readonly file: string
  /** Called when another day has passed. */
  readonly onDay: (look: Look) => void
}

/** What the process holds at one time. */
export interface Look {
  readonly day: number
  readonly events: number
  /** In use after a garbage collection. */
  readonly heapMB: number
  readonly residentMB: number
  readonly fileMB: number
  /** Sockets, timers, files and the like that keep the process alive. */
  readonly handles: number
}

export interface Soaked {
  readonly looks: readonly Look[]
  readonly operations: number
  readonly days: number
  /** What must not be; empty when all is well. */
  readonly violations: readonly string[]
}

/**
 * Runs the whole connector over months of virtual time, on a ledger file, with retention. What it
 * holds in memory must not grow with the events, and the end must be what HR said.
 */
export async function soak({ events, employees, seed, file, onDay }: SoakOptions): Promise<Soaked> {
  const clock = clockFrom(FROM)
  const driver = openSqlite(file)
  await migrate(driver, FROM)
  const ledger = sqlLedger(driver, 'soak')
  const warnings: string[] = []
  const onWarning = ({ name }: Error): void => void warnings.push(`a warning of Node: ${name}`)
  process.on('warning', onWarning)
  const random = chanceOf(chance(seed))
  const [queue, entra, outcomes] = [queueOn(clock), entraOn(clock, random), countingSender()]
  const { runtime } = instanceOn(clock, seed)
  const service = connector(
    { sourceQueue: queue, ledger, outcomes, ...entra },
    { mapping: compileMapping(), sources: () => DEFAULT_SOURCE },
    SETTINGS,
    runtime,
  )
  const running = service.run()
  const careers = careersOf(employees, random)
  const looks: Look[] = []
  const collect = garbageCollector()
  const look = (): void => {
    collect()
    const { heapUsed, rss } = process.memoryUsage()
    const one = {
      day: Math.round((clock.now() - FROM) / DAY),
      events: sent,
      heapMB: heapUsed / 1e6,
      residentMB: rss / 1e6,
      fileMB: statSync(file).size / 1e6,
      handles: process.getActiveResourcesInfo().length,
    }
    looks.push(one)
    onDay(one)
  }

  let sent = 0
  let day = FROM
  while (sent < events) {
    for (let step = 0; step < EVENTS_A_STEP && sent < events; step++, sent++)
      for (const message of careers.next(clock.now())) clock.at(message.at, () => queue.arrive(message))
    await pass(clock, STEP_MS)
    if (clock.now() - day < DAY) continue
    day = clock.now()
    look()
  }
  await pass(clock, REST_MS)
  look()
  const violations = [
    ...warnings,
    ...(await wrongAtTheEnd(ledger, {
      events,
      told: outcomes.told,
      waiting: queue.waiting + queue.deadLettered,
    })),
    ...differences(careers.standing, entra.directory),
    ...growth(looks),
  ]
  await Promise.all([service.stop(), pass(clock, HOUR)])
  await running
  await ledger.close()
  process.off('warning', onWarning)
  return { looks, operations: entra.operations, days: Math.round((clock.now() - FROM) / DAY), violations }
}

const pass = (clock: Clock, ms: number): Promise<void> => clock.until(clock.now() + ms)

/** Node gives it away only to those who ask. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

async function wrongAtTheEnd(
  ledger: Ledger,
  { events, told, waiting }: { readonly events: number; readonly told: number; readonly waiting: number },
): Promise<readonly string[]> {
  const { totals, stateCounts } = await ledger.readCounts()
  const { received, planned, held, incomplete } = stateCounts.events
  const open = received + planned + held + incomplete
  const dead = stateCounts.events['dead-lettered']
  return [
    ...(totals.events === events ? [] : [`${totals.events} events were taken in of ${events}`]),
    ...(told === events ? [] : [`${told} outcomes were published of ${events} events`]),
    ...(waiting === 0 ? [] : [`${waiting} messages are left on the queue or were refused`]),
    ...(open + dead === 0 ? [] : [`${open} events are open and ${dead} dead-lettered`]),
  ]
}

function differences<T>(expected: ReadonlyMap<string, T>, found: ReadonlyMap<string, T>): readonly string[] {
  const wrong = [...expected].filter(([id, one]) => JSON.stringify(one) !== JSON.stringify(found.get(id)))
  return wrong.length === 0 ? [] : [`${wrong.length} accounts are not what HR said, such as ${wrong[0]?.[0]}`]
}

/** Memory, by the heap after a collection: what is held at the end, against a third of the way. */
const HEAP_SPREAD = 1.2
const HEAP_SLACK_MB = 10

function growth(looks: readonly Look[]): readonly string[] {
  const early = looks[Math.floor(looks.length / 3)]
  const last = looks.at(-1)
  if (!early || !last || looks.length < 4) return []
  return [
    ...(last.heapMB > early.heapMB * HEAP_SPREAD + HEAP_SLACK_MB
      ? [`the heap grew from ${early.heapMB.toFixed(0)} to ${last.heapMB.toFixed(0)} MB`]
      : []),
    ...(last.handles > early.handles ? [`handles grew from ${early.handles} to ${last.handles}`] : []),
  ]
}

const SETTINGS: ConnectorSettings = {
  intake: {
    batchSize: 384,
    batchMs: 30 * SECOND,
    backlogPerSecond: 1_000,
    quietMs: 2 * MINUTE,
    maxWaitMs: 10 * MINUTE,
    skewMs: 2 * MINUTE,
  },
  plan: {
    employeesAtOnce: 200,
    maxWaitMs: 10 * MINUTE,
    incompleteMs: 12 * HOUR,
    brake: RELEASED_BRAKE,
    claimMs: 30 * SECOND,
    pollMs: 5 * MINUTE,
  },
  submit: {
    owner: 'soak',
    maxOperations: 50,
    maxBytes: 1_000_000,
    fillMs: 2 * MINUTE,
    leaseMs: 90 * SECOND,
    pollMs: 5 * MINUTE,
    attempts: 3,
    limits: { perWindow: 40, windowMs: 5 * SECOND, perDay: Infinity },
    retryMs: SECOND,
    retryCapMs: 30 * SECOND,
    throttledMs: 5 * SECOND,
    fullMs: 5 * MINUTE,
    circuitMs: 15 * SECOND,
    accessMs: MINUTE,
  },
  job: { pollMs: HOUR, forbiddenMs: HOUR, restartMs: HOUR },
  uploads: 1,
  correlate: {
    pollMs: 10 * MINUTE,
    pageMs: SECOND,
    maxLagMs: 5 * MINUTE,
    skewMs: 2 * MINUTE,
    quietMs: MINUTE,
    deadlineMs: 6 * HOUR,
    maxResends: 3,
    askAtOnce: 20,
    escrowMs: 3 * HOUR,
    sliceMs: HOUR,
  },
  publish: {
    queue: 'outcomes',
    atOnce: 1_000,
    values: [],
    account: [],
    sessions: false,
    pollMs: 10 * MINUTE,
  },
  copies: {
    content: { kind: 'reference' },
    pollMs: HOUR,
    atOnce: 10,
    sweepMs: HOUR,
    restMs: HOUR,
  },
  retention: {
    afterMs: RETAINED_MS,
    employeesAtOnce: 100,
    rowsAtOnce: 1_000,
    pauseMs: SECOND,
    everyMs: 6 * HOUR,
  },
}
