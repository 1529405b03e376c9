import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sqlLedger } from '../../src/adapters/ledger-sql/ledger.ts'
import { postgresDriver } from '../../src/adapters/ledger-sql/driver/postgres/driver-at.ts'
import { migrate } from '../../src/adapters/ledger-sql/schema.ts'
import { openSqlite } from '../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type { Driver } from '../../src/adapters/ledger-sql/driver/sql.ts'
import type { IntakeMessage } from '../../src/core/ledger/port/intake.ts'
import type { JoinedRecord } from '../../src/core/ledger/port/report.ts'
import type { Ledger } from '../../src/core/ledger/ledger.ts'
import { type EventState, FINAL_EVENT_STATES, OPEN_EVENT_STATES } from '../../src/core/ledger/lifecycle.ts'
import type { HrEvent } from '../../src/core/model.ts'
import { RELEASED_BRAKE } from '../../src/core/plan/decide/brake.ts'
import { hrEvent, joiner, messageOf, UNLIMITED, World } from '../suites/conformance/ledger/world.ts'
import { grow } from './grow.ts'
import { expect, printRound } from './support/figures.ts'
import { durabilityOf, startDurablePostgres } from './support/ledger.ts'
import { vacuum } from './support/large-ledger.ts'
import { cpuSecondsNamed } from './support/process.ts'
import { walByRelation, walEnd } from './support/wal.ts'

/**
 * What one event costs the ledger, from intake to the outcome told, by how much the ledger holds
 * already:
 *
 *     node test/bench/ledger-size.ts --driver sqlite   --sizes 10000,100000,1000000
 *     node test/bench/ledger-size.ts --driver postgres --sizes 10000,100000,1000000
 *
 * The first 10,000 events are real work: 1,000 people, ten events each. Larger ledgers are copies
 * of those rows under other names, so that they have the same shape. Then slices of the same new
 * work are done in turn on each ledger, and their lower quartiles are compared: what else the
 * machine does meets all. With `--wal-by-table` the log of PostgreSQL about the first ledger is shown
 * by table and index, in bytes for each event.
 */
const { values } = parseArgs({
  options: {
    driver: { type: 'string', default: 'sqlite' },
    sizes: { type: 'string', default: '10000,100000,1000000' },
    slices: { type: 'string', default: '25' },
    slice: { type: 'string', default: '50' },
    employees: { type: 'string', default: '1000' },
    'wal-by-table': { type: 'boolean', default: false },
  },
})
/** Those of the real work; the smallest ledger holds ten events of each. */
const PEOPLE = Number(values.employees)
const EVENTS_EACH = 10
/** Events at once: 400 as when a backlog is worked off, 50 as in steady work. */
const SLICE = Number(values.slice)
/** As large as a usual CloudEvent of one change. */
const BODY_CHARACTERS = 320
const sizes = values.sizes.split(',').map(Number)
/** Slices of each ledger before any is measured. */
const WARM_UP = 2
const STAGES = ['record', 'plan', 'submit', 'correlate', 'finalize', 'publish'] as const
type Stage = (typeof STAGES)[number]

await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'rollcall-size-'))
stack.defer(() => rm(folder, { recursive: true, force: true }))
const server =
  values.driver === 'postgres'
    ? stack.adopt(await startDurablePostgres(['shared_buffers=2GB', 'wal_compression=on']), (it) =>
        it.close(),
      )
    : null

interface Site {
  readonly size: number
  readonly driver: Driver
  readonly world: World
  readonly ledger: Ledger
  readonly bytes: () => Promise<number>
  readonly times: Map<Stage, number[]>
  /** Of this process: with SQLite all there is. */
  readonly cpu: number[]
  /** Of the PostgreSQL server, in all measured slices. */
  serverSeconds: number
  /** Of the measured slices. */
  statements: number
  walBytes: number
  employees: number
}

const sites: Site[] = []
for (const size of sizes) sites.push(await prepare(size))
const walBefore = server && sites[0] ? await walEnd(sites[0].driver) : null
for (let slice = -WARM_UP; slice < Number(values.slices); slice++)
  for (const site of sites) await measure(site, slice)
const report = await Promise.all(
  sites.map(async (site) => {
    const stages = Object.fromEntries(
      STAGES.map((stage) => [stage, Math.round(typical(site.times.get(stage) ?? []))]),
    ) as Record<Stage, number>
    const sum = Math.round(typical(perSlice(site)))
    return {
      events: site.size,
      rows: await rowsOf(site.driver),
      microsecondsPerEvent: sum,
      cpu: Math.round(typical(site.cpu)),
      ...(server
        ? { serverCpu: Math.round((site.serverSeconds * 1e6) / (Number(values.slices) * SLICE)) }
        : {}),
      ...stages,
      bytesPerEvent: Math.round((await site.bytes()) / site.size),
      statementsPerEvent: site.statements / (Number(values.slices) * SLICE),
      walPerEvent: Math.round(site.walBytes / (Number(values.slices) * SLICE)),
    }
  }),
)
process.stdout.write(`${values.driver}\n`)
console.table(report)
if (values['wal-by-table'] && walBefore !== null && sites[0])
  console.table(await walTable(sites[0].driver, walBefore))
const [smallest, largest] = [report[0], report.at(-1)]
printRound({
  figures: {
    growth: (largest?.microsecondsPerEvent ?? 0) / (smallest?.microsecondsPerEvent ?? 0),
    'growth of processor time': cpuOf(largest) / cpuOf(smallest),
    'growth of record': (largest?.record ?? 0) / (smallest?.record ?? 0),
    'growth of plan': (largest?.plan ?? 0) / (smallest?.plan ?? 0),
    'growth of correlate': (largest?.correlate ?? 0) / (smallest?.correlate ?? 0),
    'µs/event': smallest?.microsecondsPerEvent ?? 0,
    'bytes/event': smallest?.bytesPerEvent ?? 0,
    'statements/event': largest?.statementsPerEvent ?? 0,
    ...(server ? { 'WAL bytes/event': largest?.walPerEvent ?? 0 } : {}),
  },
  settings: { ...durabilityOf(server !== null), sizes: values.sizes, slice: SLICE },
  wrong: (await Promise.all(sites.map(wrongAtTheEnd))).flat(),
})

/** Of this process and of the server, in microseconds for each event. */
function cpuOf(line: { readonly cpu: number; readonly serverCpu?: number } | undefined): number {
  return (line?.cpu ?? 0) + (line?.serverCpu ?? 0)
}

/** For each event, by table and kind of record; the warm-up is counted too. */
async function walTable(driver: Driver, since: string): Promise<readonly object[]> {
  const events = (Number(values.slices) + WARM_UP) * SLICE
  return (await walByRelation(driver, since)).map(({ name, kind, records, bytes, pageBytes }) => ({
    name,
    kind,
    records: Number((records / events).toFixed(2)),
    bytes: Math.round(bytes / events),
    pageBytes: Math.round(pageBytes / events),
  }))
}

/** All work is done: every event has its outcome, and every outcome is published. */
async function wrongAtTheEnd({ size, ledger, employees }: Site): Promise<readonly string[]> {
  const { stateCounts } = await ledger.readCounts()
  const count = (states: readonly EventState[]): number =>
    states.reduce((sum, state) => sum + stateCounts.events[state], 0)
  const done = employees * EVENTS_EACH + (Number(values.slices) + WARM_UP) * SLICE
  return [
    ...expect(`finished events with ${size}`, count(FINAL_EVENT_STATES), done),
    ...expect(`open events with ${size}`, count(OPEN_EVENT_STATES), 0),
    ...expect(`dead letters with ${size}`, count(['dead-lettered']), 0),
    ...expect(`outcomes to be told with ${size}`, stateCounts.unpublished, 0),
  ]
}

async function rowsOf(driver: Driver): Promise<number> {
  let rows = 0
  for (const table of [
    'messages',
    'events',
    'employees',
    'operations',
    'batches',
    'calls',
    'log_records',
    'outbox',
  ])
    rows +=
      (await driver.transaction((sql) => sql.all<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`)))[0]
        ?.n ?? 0
  return rows
}

async function prepare(size: number): Promise<Site> {
  let driver: Driver
  let bytes: () => Promise<number>
  let settle = async (): Promise<void> => {}
  if (server) {
    const location = await server.database()
    driver = postgresDriver({
      location,
      auth: { kind: 'password', password: null },
      connections: 4,
      statementMs: 600_000,
    })
    const opened = driver
    settle = () => vacuum(location)
    bytes = async () => {
      const [row] = await opened.transaction((sql) =>
        sql.all<{ bytes: number }>('SELECT pg_database_size(current_database()) AS bytes'),
      )
      return row?.bytes ?? 0
    }
  } else {
    const path = join(folder, `${size}.db`)
    driver = openSqlite(path)
    bytes = async () => {
      // What is still in the journal is written back first.
      const checkpoint = openSqlite(path)
      await checkpoint.close()
      return (await stat(path)).size
    }
  }
  stack.adopt(driver, (it) => it.close())
  await migrate(driver, 0)
  const ledger = sqlLedger(
    counted(driver, () => (site.statements += 1)),
    'bench',
  )
  const world = new World(ledger)
  const site: Site = {
    size,
    driver,
    world,
    ledger,
    bytes,
    times: new Map(),
    cpu: [],
    serverSeconds: 0,
    statements: 0,
    walBytes: 0,
    employees: PEOPLE,
  }
  for (let round = 0; round < EVENTS_EACH; round++)
    for (let from = 0; from < PEOPLE; from += 200) {
      const employees = Array.from({ length: 200 }, (_, index) => from + index)
      await work(
        world,
        employees.map((index) => eventOf(`p${index}`, round, `seed-${index}`)),
      )
    }
  const copies = Math.max(1, Math.round(size / (PEOPLE * EVENTS_EACH)))
  await grow(driver, copies)
  await settle()
  process.stderr.write(`${size} events are there\n`)
  site.employees = PEOPLE * copies
  return site
}

/** The same driver, with each statement counted. */
function counted(driver: Driver, onStatement: () => void): Driver {
  return {
    ...driver,
    transaction: (work, access) =>
      driver.transaction(
        (sql) =>
          work({
            ...sql,
            all: (text, parameters) => (onStatement(), sql.all(text, parameters)),
            run: (text, parameters) => (onStatement(), sql.run(text, parameters)),
          }),
        access,
      ),
  }
}

/** How much has ever been written to the log of PostgreSQL; 0 for SQLite. */
async function walOf({ driver }: Pick<Site, 'driver'>): Promise<number> {
  if (!server) return 0
  const [row] = await driver.transaction((sql) =>
    sql.all<{ bytes: number }>(`SELECT CAST(pg_current_wal_insert_lsn() - '0/0' AS BIGINT) AS bytes`),
  )
  return row?.bytes ?? 0
}

function eventOf(employee: string, round: number, id: string): HrEvent {
  const worker = {
    title: `Title ${round}`,
    department: `Department ${round % 7}`,
    name: { givenName: 'Given', familyName: 'Family' },
    phone: `+49 30 ${round}`,
  }
  return round === 0
    ? joiner(`${id}-${round}`, employee, worker)
    : hrEvent(`${id}-${round}`, employee, worker, { order: round })
}

/** New work for people all over the ledger. */
async function measure(site: Site, slice: number): Promise<void> {
  const events = Array.from({ length: SLICE }, (_, index) => {
    const employee = (index * 7_919 + (slice + 3) * 104_729) % site.employees
    const copy = Math.floor(employee / PEOPLE)
    const name = copy === 0 ? `p${employee % PEOPLE}` : `p${employee % PEOPLE}-${copy}`
    return index % 10 === 9
      ? eventOf(`new-${slice}-${index}`, 0, `slice-${slice}-${index}`)
      : eventOf(name, 100 + slice, `slice-${slice}-${index}`)
  })
  const walBefore = await walOf(site)
  const serverBefore = server ? await cpuSecondsNamed('postgres') : 0
  const before = process.cpuUsage()
  const times = await work(site.world, events)
  const { user, system } = process.cpuUsage(before)
  if (slice < 0) {
    site.statements = 0
    return
  }
  site.walBytes += (await walOf(site)) - walBefore
  if (server) site.serverSeconds += (await cpuSecondsNamed('postgres')) - serverBefore
  site.cpu.push((user + system) / SLICE)
  for (const stage of STAGES) {
    const there = site.times.get(stage) ?? []
    site.times.set(stage, there)
    there.push(((times.get(stage) ?? 0) * 1_000) / SLICE)
  }
}

/** The whole flow for these events. */
async function work(world: World, events: readonly HrEvent[]): Promise<ReadonlyMap<Stage, number>> {
  const times = new Map<Stage, number>()
  const timed = async <T>(stage: Stage, what: () => Promise<T>): Promise<T> => {
    const at = performance.now()
    const result = await what()
    times.set(stage, (times.get(stage) ?? 0) + performance.now() - at)
    return result
  }
  const { ledger } = world
  world.now += 10_000
  await timed('record', () => world.intake(events.map(messageWithBody)))
  for (;;) {
    const due = await timed('plan', () =>
      ledger.claimDueEmployees({
        now: world.now,
        limit: 200,
        maxWaitMs: 60_000,
        claimMs: server ? 5_000 : 0,
      }),
    )
    if (due.length === 0) break
    const decisions = world.decide(due)
    await timed('plan', () => ledger.commitPlan(decisions, RELEASED_BRAKE, world.now))
  }
  const joins: JoinedRecord[] = []
  for (;;) {
    const batch = await timed('submit', () => world.next({ leaseMs: 1_000 }))
    if (!batch) break
    const slot = await timed('submit', () =>
      world.slot(batch, { ...UNLIMITED, perWindow: 100_000, perDay: 100_000_000 }),
    )
    if (slot.kind !== 'taken') throw new Error(slot.kind)
    const { now } = world
    await timed('submit', () =>
      ledger.recordBatchAnswer(
        batch.id,
        { kind: 'accepted', call: slot.call, acceptedAt: now, requestId: `request of ${batch.id}` },
        now,
      ),
    )
    joins.push(
      ...slot.operations.map(({ employeeId, id }) => ({
        record: world.logRecord(employeeId, {
          id: `record-of-${id}`,
          changeId: `change-of-${id}`,
          objectId: `object-${employeeId}`,
        }),
        operation: id,
        interim: 'confirmed' as const,
      })),
    )
  }
  await timed('correlate', async () => {
    await ledger.findCandidates(joins.map(({ record }) => record))
    await ledger.recordLogRecords({
      joins,
      now: world.now,
      finalAt: world.now,
      watermark: world.now,
      changedElsewhere: [],
      foreign: 0,
      echoes: [],
    })
  })
  while ((await timed('finalize', () => ledger.finalizeOperations(world.now, 500))) > 0);
  for (;;) {
    const rows = await timed('publish', () => ledger.listUnpublishedOutcomes(500))
    if (rows.length === 0) return times
    await timed('publish', () =>
      ledger.markOutcomesPublished(
        rows.map(({ id }) => id),
        world.now,
      ),
    )
  }
}

function messageWithBody(event: HrEvent): IntakeMessage {
  const original = {
    messageId: event.id,
    sessionId: null,
    contentType: 'application/cloudevents+json',
    body: JSON.stringify(event).padEnd(BODY_CHARACTERS).slice(0, BODY_CHARACTERS),
    properties: {},
  }
  return { ...messageOf(event.id, event), original }
}

function perSlice({ times }: Site): number[] {
  const first = times.get('record') ?? []
  return first.map((_, index) => STAGES.reduce((sum, stage) => sum + (times.get(stage)?.[index] ?? 0), 0))
}
/** The lower quartile: what else the machine does makes a slice longer and never shorter. */
function typical(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 4)] ?? 0
}
