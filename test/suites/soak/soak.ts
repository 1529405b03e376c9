import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import { connector } from '../../../src/core/connector.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import { chance } from '../../fakes/history.ts'
import { chanceOf } from '../../fakes/plain-event.ts'
import { type Clock, clockFrom, instanceOn } from '../simulation/clock.ts'
import { FROM } from '../simulation/world.ts'
import { SETTINGS } from './settings.ts'
import { careersOf, ROUND_MS } from './story.ts'
import { DAY, HOUR } from './times.ts'
import { growth, type Look, watchOver } from './watch.ts'
import { countingSender, entraOn, queueOn } from './world.ts'

/** Until everything that was sent has its answer. */
const REST_MS = 3 * DAY
/** Until retention has removed what came first. */
const SETTLED_DAYS = (SETTINGS.retention.afterMs + SETTINGS.retention.everyMs) / DAY + 1

export interface SoakOptions {
  readonly events: number
  readonly employees: number
  readonly eventsPerRound: number
  readonly seed: number
  /** The file of the ledger. */
  readonly file: string
  /** Called when another day has passed. */
  readonly onDay: (look: Look) => void
  /** No more events once this says so: what was sent is carried to its end and judged. */
  readonly isOver?: (sent: number) => boolean
}

export interface Soaked {
  readonly looks: readonly Look[]
  /** Those since retention has removed as much as came: what they hold must not grow. */
  readonly settled: readonly Look[]
  readonly events: number
  readonly operations: number
  readonly days: number
  /** What must not be; empty when all is well. */
  readonly violations: readonly string[]
}

/**
 * Runs the whole connector over months of virtual time, on a ledger file, with retention. What it
 * holds must not grow with the events, and the end must be what HR said.
 */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const { events, employees, eventsPerRound, seed, file, onDay, isOver = () => false } = options
  const clock = clockFrom(FROM)
  const driver = openSqlite(file)
  await migrate(driver, FROM)
  const ledger = sqlLedger(driver, 'soak')
  const warnings: string[] = []
  // What looks into the heap is experimental.
  const onWarning = ({ name }: Error): void =>
    void (name === 'ExperimentalWarning' || warnings.push(`a warning of Node: ${name}`))
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
  const watch = watchOver(file)
  const looks: Look[] = []
  const daysPassed = (): number => Math.round((clock.now() - FROM) / DAY)
  const look = (): Look => watch.look({ day: daysPassed(), events: sent, timers: clock.waiting })

  let sent = 0
  let day = FROM
  while (sent < events && !isOver(sent)) {
    const until = Math.min(events, sent + eventsPerRound)
    for (; sent < until; sent++)
      for (const message of careers.next(clock.now())) clock.at(message.at, () => queue.arrive(message))
    await pass(clock, ROUND_MS)
    if (clock.now() - day < DAY) continue
    day = clock.now()
    const one = look()
    looks.push(one)
    onDay(one)
  }
  await pass(clock, REST_MS)
  onDay(look())
  const settled = looks.filter(({ day: of }) => of >= SETTLED_DAYS)
  const violations = [
    ...warnings,
    ...(await wrongAtTheEnd(ledger, {
      events: sent,
      told: outcomes.told,
      waiting: queue.waiting + queue.deadLettered,
    })),
    ...differences(careers.standing, entra.directory),
    ...growth(settled),
  ]
  watch.end()
  await Promise.all([service.stop(), pass(clock, HOUR)])
  await running
  await ledger.close()
  process.off('warning', onWarning)
  return { looks, settled, events: sent, operations: entra.operations, days: daysPassed(), violations }
}

const pass = (clock: Clock, ms: number): Promise<void> => clock.until(clock.now() + ms)

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
