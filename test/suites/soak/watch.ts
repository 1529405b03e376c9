import { EventEmitter } from 'node:events'
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { queryObjects, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What the process holds at one time. */
export interface Look {
  readonly day: number
  readonly events: number
  /** In use after a garbage collection. */
  readonly heapMB: number
  readonly residentMB: number
  readonly fileMB: number
  readonly walMB: number
  /** Sockets, timers, files and the like that keep the process alive. */
  readonly handles: number
  /** Of the process. */
  readonly listeners: number
  /** Everything that can have listeners: emitters, event targets and abort signals. */
  readonly emitters: number
  /** What waits on the virtual clock. */
  readonly timers: number
  readonly rows: Readonly<Record<string, number>>
  /** Ids of folded events. The ledger keeps a hash of each for good, so they are counted alone. */
  readonly foldedIds: number
  /** Processor time since the look before, for each event since then. */
  readonly eventMicros: number
}

/** What only the world knows. */
export interface Around {
  readonly day: number
  readonly events: number
  readonly timers: number
}

/** Node walks the whole heap to count them, so that is not done each day. */
const EMITTER_DAYS = 5

/** The one table that grows with the events by design, with a hash of each folded id. */
const FOLDED_IDS = 'folded_ids'

/** Looks at this process and at the file of its ledger. */
export function watchOver(file: string): {
  readonly look: (around: Around) => Look
  readonly end: () => void
} {
  const collect = garbageCollector()
  const database = new DatabaseSync(file, { readOnly: true })
  const tables = database
    .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
    .all()
    .map(({ name }) => String(name))
    .filter((name) => name !== FOLDED_IDS)
  const number = (query: string): number => Number(Object.values(database.prepare(query).get() ?? {})[0] ?? 0)
  let before = { events: 0, cpu: process.cpuUsage() }
  let emitters = { day: -Infinity, count: 0 }
  return {
    look: (around) => {
      const { user, system } = process.cpuUsage(before.cpu)
      const played = around.events - before.events
      const eventMicros = played === 0 ? 0 : (user + system) / played
      if (around.day >= emitters.day + EMITTER_DAYS)
        emitters = { day: around.day, count: held(EventEmitter) + held(EventTarget) }
      collect()
      const { heapUsed, rss } = process.memoryUsage()
      const found = {
        ...around,
        heapMB: heapUsed / 1e6,
        residentMB: rss / 1e6,
        fileMB: sizeMB(file),
        walMB: sizeMB(`${file}-wal`),
        handles: process.getActiveResourcesInfo().length,
        listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
        emitters: emitters.count,
        rows: Object.fromEntries(tables.map((name) => [name, number(`SELECT COUNT(*) FROM ${name}`)])),
        foldedIds: number(`SELECT COUNT(*) FROM ${FOLDED_IDS}`),
        eventMicros,
      }
      // What this look cost is not what the events cost.
      before = { events: around.events, cpu: process.cpuUsage() }
      return found
    },
    end: () => database.close(),
  }
}

const sizeMB = (path: string): number => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / 1e6

const held = (kind: new () => object): number => Number(queryObjects(kind, { format: 'count' }))

/** Node gives it away only to those who ask. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

/** How much more there may be at the end than early on. */
const SPREAD = 1.2
const HEAP_SLACK_MB = 10
const FILE_SLACK_MB = 20
const ROW_SLACK = 500
/** The log grows to this before its pages go to the file, and is written from its beginning. */
const WAL_MB = 120
/** Of a folded id in the file: hashes of 32 and of 16 digits. */
const FOLDED_ID_MB = 75 / 1e6
/** Other work on the machine makes a processor slower, so only this much counts. */
const COST_SPREAD = 2

/** Fewer days of a ledger that holds no more events than the day before say nothing. */
export const FEWEST_LOOKS = 4

/** What grew between the first and the last third of looks at a ledger from which retention removes. */
export function growth(looks: readonly Look[]): readonly string[] {
  if (looks.length < FEWEST_LOOKS) return []
  const third = Math.ceil(looks.length / 3)
  const [early, late] = [looks.slice(0, third), looks.slice(-third)]
  const most = (some: readonly Look[], of: (look: Look) => number): number => Math.max(...some.map(of))
  const grew = (
    what: string,
    of: (look: Look) => number,
    slack: number,
    spread = SPREAD,
  ): readonly string[] => {
    const [before, after] = [most(early, of), most(late, of)]
    return after > before * spread + slack
      ? [`${what} grew from ${Math.round(before)} to ${Math.round(after)}`]
      : []
  }
  const tables = Object.keys(late[0]?.rows ?? {})
  const middle = (some: readonly Look[]): number =>
    some.map(({ eventMicros }) => eventMicros).toSorted((a, b) => a - b)[some.length >> 1] ?? 0
  return [
    ...grew('MB of the heap', ({ heapMB }) => heapMB, HEAP_SLACK_MB),
    ...grew('MB of the process', ({ residentMB }) => residentMB, 10 * HEAP_SLACK_MB),
    ...grew(
      'MB of the file without folded ids',
      ({ fileMB, foldedIds }) => fileMB - foldedIds * FOLDED_ID_MB,
      FILE_SLACK_MB,
    ),
    ...grew('handles', ({ handles }) => handles, 0, 1),
    ...grew('listeners of the process', ({ listeners }) => listeners, 0, 1),
    ...grew('emitters and signals', ({ emitters }) => emitters, 50),
    ...grew('timers', ({ timers }) => timers, 500),
    ...tables.flatMap((name) => grew(`rows of ${name}`, ({ rows }) => rows[name] ?? 0, ROW_SLACK)),
    ...(most(late, ({ walMB }) => walMB) > WAL_MB
      ? [`the log of the file grew to ${most(late, ({ walMB }) => walMB).toFixed(0)} MB`]
      : []),
    ...(middle(late) > middle(early) * COST_SPREAD
      ? [
          `an event costs ${middle(late).toFixed(0)} µs of processor time, and cost ${middle(early).toFixed(0)} µs`,
        ]
      : []),
  ]
}
