import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { type Graph, graphClient } from '../../../src/adapters/graph/client.ts'
import { localCredential } from '../../../src/adapters/graph/credential.ts'
import { parseEndpoint } from '../../../src/adapters/graph/endpoint.ts'
import { graphLog, graphProvisioning, logWindow } from '../../../src/adapters/graph/provisioning.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { together } from '../../../src/core/service.ts'
import { RELEASED_BRAKE } from '../../../src/core/plan/decide/brake.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import { planLoop } from '../../../src/core/plan/loop.ts'
import type { OutboxMessage, Sender } from '../../../src/core/ports.ts'
import { submitLoop } from '../../../src/core/provision/submit-loop.ts'
import { correlateLoop } from '../../../src/core/report/correlate/loop.ts'
import { joinedBy, type JoinRule } from './wrong-joins.ts'
import { publishLoop } from '../../../src/core/report/outcomes/loop.ts'
import { type EntraDouble, startEntra } from '../../../src/local/entra/server.ts'
import type { EntraSettings } from '../../../src/local/entra/settings.ts'
import { type Simulation, simulation } from './simulation.ts'
import { type Disturbance, disturb } from './disturbances.ts'
import { type Verdict, verdict } from './verdict.ts'
import { type Workload, workload } from './workload.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
export const FROM = Date.UTC(2026, 10, 2, 6)
const CYCLE_MS = 10 * MINUTE
const SKEW_MS = 2 * MINUTE
const UNLIMITED = { perWindow: 40, windowMs: 5 * SECOND, perDay: Number.POSITIVE_INFINITY }

export interface FlowOptions {
  readonly seed: number
  readonly employees: number
  readonly events: number
  /** How often each thing goes wrong, for a hundred people. */
  readonly disturbance?: Disturbance
  readonly entra?: Partial<EntraSettings>
  /** The double's clock against the connector's. */
  readonly skewMs?: number
  /** Another join, to show that the comparison notices a wrong one. */
  readonly join?: JoinRule
  /** How long things happen; a day when missing. */
  readonly spanMs?: number
  /** Where the ledger is kept; in memory when missing. */
  readonly ledger?: string
}

export interface FlowResult extends Verdict {
  readonly elapsedMs: number
  /** How long it took in the world of the test. */
  readonly worldHours: number
  readonly said: Readonly<Record<string, number>>
}

/**
 * The connector's own loops between a ledger and the double, over HTTP, through a day of changes in
 * which everything goes wrong that may; then what the ledger believes is held against what the
 * double knows.
 */
export async function runFlow(options: FlowOptions): Promise<FlowResult> {
  const startedAt = performance.now()
  const sim = simulation(FROM, options.seed)
  await using stack = new AsyncDisposableStack()
  const skewMs = options.skewMs ?? 0
  // Clocks are not only apart, they also drift.
  const entraNow = (): number =>
    Math.round(sim.now() + skewMs + 10 * SECOND * Math.sin((sim.now() - FROM) / (3 * HOUR)))
  const entra = stack.adopt(
    await startEntra({ now: entraNow, settings: { ...SERVICE, seed: options.seed, ...options.entra } }),
    (it) => it.stop(),
  )
  const ledger = stack.adopt(await openLedger(sim, options.ledger ?? ':memory:'), (it) => it.close())
  const spanMs = options.spanMs ?? DAY_MS
  const world = workload(options.seed, options, FROM + MINUTE, spanMs)

  const published: OutboxMessage[] = []
  const sent = new Map<string, string>()
  const service = connect(sim, ledger, entra, outletOf(sim, published), sent, options.join)
  const running = service.loops.run()
  stack.defer(async () => {
    // A request that is on its way takes its time, so time has to pass until it is back.
    let over = false
    const stopped = service.loops
      .stop()
      .then(() => running)
      .finally(() => (over = true))
    await sim.until(async () => over, SECOND, Number.POSITIVE_INFINITY)
    await stopped
  })
  feed(sim, ledger, world, service.wake)
  cycles(sim, entra)
  disturb(sim, entra, world, options.disturbance ?? {}, FROM, spanMs)

  await untilQuiet(sim, ledger, entra, spanMs)
  const facts = { ledger, entra, world, published, sent, now: sim.now() }
  return {
    ...(await verdict(facts)),
    elapsedMs: performance.now() - startedAt,
    worldHours: (sim.now() - FROM) / HOUR,
    said: Object.fromEntries(sim.said),
  }
}

/**
 * A service that is slow, untidy and retries what fails, with everything sped up a little so that a
 * day is enough.
 */
export const SERVICE: Partial<EntraSettings> = {
  logLagMs: { min: MINUTE, max: 8 * MINUTE },
  logDisorder: 0.3,
  logRepeats: 0.3,
  logPageSize: 20,
  orderInCycle: 'shuffled',
  foreignPerCycle: 2,
  limits: { callsPerDay: 1_000_000 },
  escrow: { delaysMs: [40 * MINUTE, HOUR, 2 * HOUR], thenEveryMs: 3 * HOUR, giveUpAfterMs: 10 * HOUR },
}

export async function openLedger(sim: Simulation, path: string): Promise<Ledger> {
  const driver = openSqlite(path)
  await migrate(driver, FROM)
  return sqlLedger({ ...driver, transaction: (work) => sim.track(() => driver.transaction(work)) }, 'flow')
}

export function connect(
  sim: Simulation,
  ledger: Ledger,
  entra: EntraDouble,
  outlet: Sender,
  sent: Map<string, string>,
  join?: JoinRule,
): { readonly loops: ReturnType<typeof together>; readonly wake: () => void } {
  const endpoint = parseEndpoint(entra.endpoint, true)
  const graph = travelling(sim, graphClient(endpoint, localCredential, 10_000, sim.now), sent)
  const log = graphLog(graph, endpoint, logWindow({ requests: 5, windowMs: 10 * SECOND }, sim), 20, sim)
  const provisioning = graphProvisioning(graph, endpoint)
  const publish = publishLoop({
    ledger,
    sender: outlet,
    settings: {
      queue: 'outcomes',
      pollMs: 5 * MINUTE,
      atOnce: 100,
      values: [],
      account: [],
      sessions: false,
    },
    runtime: sim,
  })
  const submit = [1, 2, 3].map((number) =>
    submitLoop(`submit.${number}`, {
      ledger,
      provisioning,
      settings: {
        owner: 'flow',
        maxOperations: 50,
        maxBytes: 3_500_000,
        fillMs: 30 * SECOND,
        leaseMs: 5 * MINUTE,
        pollMs: 2 * MINUTE,
        attempts: 4,
        limits: UNLIMITED,
        retryMs: SECOND,
        retryCapMs: 30 * SECOND,
        throttledMs: 5 * SECOND,
        fullMs: MINUTE,
        circuitMs: 15 * SECOND,
        accessMs: MINUTE,
      },
      runtime: sim,
    }),
  )
  const plan = planLoop({
    ledger,
    mapping: compileMapping(),
    settings: {
      employeesAtOnce: 200,
      pollMs: 3 * MINUTE,
      maxWaitMs: 5 * MINUTE,
      incompleteMs: 24 * HOUR,
      brake: RELEASED_BRAKE,
    },
    runtime: sim,
    onPlanned: () => publish.wake(),
  })
  const correlated = join ? joinedBy(join, { ledger, log }, SKEW_MS) : { ledger, log }
  const report = correlateLoop({
    ...correlated,
    settings: {
      pollMs: 3 * MINUTE,
      pageMs: 0,
      maxLagMs: 10 * MINUTE,
      skewMs: SKEW_MS,
      quietMs: MINUTE,
      deadlineMs: 45 * MINUTE,
      maxResends: 3,
      askAtOnce: 20,
      escrowMs: 14 * HOUR,
      sliceMs: HOUR,
    },
    runtime: sim,
    onSettled: () => {
      plan.wake()
      publish.wake()
    },
  })
  return { loops: together([[plan, ...submit], [report], [publish]], sim), wake: () => plan.wake() }
}

/** Requests and answers take their time. */
function travelling(sim: Simulation, graph: Graph, sent: Map<string, string>): Graph {
  const travel = async (request: () => Promise<Response>): Promise<Response> => {
    await sim.sleep(20 + sim.random() * 400)
    const response = await sim.track(async () => {
      const there = await request()
      return new Response(await there.arrayBuffer(), { status: there.status, headers: there.headers })
    })
    await sim.sleep(20 + sim.random() * 400)
    return response
  }
  return {
    ...graph,
    get: (path, signal) => travel(() => graph.get(path, signal)),
    post: (path, body, headers) => {
      const { Operations } = JSON.parse(body) as { Operations: { bulkId: string; data: unknown }[] }
      for (const { bulkId, data } of Operations) sent.set(bulkId, JSON.stringify(data))
      return travel(() => graph.post(path, body, headers))
    },
  }
}

/** A bus that is away now and then: what it took before it failed comes again. */
function outletOf(sim: Simulation, published: OutboxMessage[]): Sender {
  return {
    send: async (messages) => {
      const taken = sim.random() < 0.05 ? Math.floor(messages.length / 2) : messages.length
      published.push(...messages.slice(0, taken))
      if (taken < messages.length) throw new Error('the bus is away')
    },
  }
}

function feed(sim: Simulation, ledger: Ledger, { arrivals }: Workload, wake: () => void): void {
  for (const [sequence, { at, event }] of arrivals.entries())
    sim.at(at, async () => {
      const message = {
        entity: 'hr-events',
        enqueuedAt: at,
        sequence: String(sequence),
        events: [event],
        rejected: null,
      }
      await ledger.recordMessages({
        messages: [message],
        now: sim.now(),
        quietMs: 20 * SECOND,
        maxWaitMs: 5 * MINUTE,
        backlog: false,
      })
      if (event.worker['active'] === false) wake()
    })
}

export function cycles(sim: Simulation, entra: EntraDouble): void {
  sim.at(sim.now() + CYCLE_MS, async () => {
    await entra.runCycle()
    cycles(sim, entra)
  })
}

/** Over when no loop has work left, nor an hour later, nor an hour after that. */
async function untilQuiet(
  sim: Simulation,
  ledger: Ledger,
  entra: EntraDouble,
  spanMs: number,
): Promise<void> {
  const limit = FROM + 4 * 24 * HOUR
  let quietSince: number | null = null
  await sim.until(
    async () => {
      const { stagedNow, escrowedNow } = await entra.stats()
      const over =
        sim.now() > FROM + spanMs * 1.3 &&
        stagedNow === 0 &&
        escrowedNow === 0 &&
        (await ledger.readIdle(sim.now())).idle
      if (!over) quietSince = null
      else quietSince ??= sim.now()
      return quietSince !== null && sim.now() > quietSince + 2 * HOUR
    },
    10 * MINUTE,
    limit,
  )
}
