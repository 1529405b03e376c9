import { evaluateHere } from '../../../src/core/expression/evaluate.ts'
import { hydrateLoop } from '../../../src/core/intake/hydrate/loop.ts'
import { intakeLoop } from '../../../src/core/intake/loop.ts'
import { compileShape } from '../../../src/core/intake/shape.ts'
import { type ConfiguredSource, DEFAULT_SOURCE, sourceRules } from '../../../src/core/intake/sources.ts'
import type { SourceMessage } from '../../../src/core/ports.ts'
import { together } from '../../../src/core/service.ts'
import { startEntra } from '../../../src/local/entra/server.ts'
import { chance } from '../../fakes/history.ts'
import { type ImpureStory, impureStories } from '../../fakes/impure-stories.ts'
import { FORMED, PLAIN, VENDOR } from '../../fakes/plain-event.ts'
import { fakeInbox } from '../../fakes/inbox.ts'
import { connect, cycles, FROM, openLedger, SERVICE } from './correlation-truth.ts'
import { type ImpureVerdict, judgeImpure } from './impure-oracle.ts'
import { type Simulation, simulation } from './simulation.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const SPAN_MS = 2 * 60 * MINUTE
/** Then everything was sent and answered, and what lay ahead has begun. */
const END = FROM + SPAN_MS + 4 * 60 * MINUTE

/** A vendor that says access in words. */
const VENDOR_SHAPE = {
  access: { from: 'status', active: ['Active', 'On leave'], inactive: ['Terminated', 'Retired'] },
  event: `{
    'id': id, 'type': type, 'subject': subject, 'time': time,
    'data': $merge([data, { 'worker': $merge([attributes, $exists($active) ? { 'active': $active } : {}]) }])
  }`,
}

export interface ImpureOptions {
  readonly seed: number
  readonly employees: number
}

/**
 * Messages as the world sends them, through intake, hydrate, plan, submit and correlate against the
 * Entra double; then the directory, the leaver cases and the findings are held against the true
 * stories.
 */
export async function runImpure({ seed, employees }: ImpureOptions): Promise<ImpureVerdict> {
  const sim = simulation(FROM, seed)
  await using stack = new AsyncDisposableStack()
  const settings = { ...SERVICE, logRepeats: 0, foreignPerCycle: 0, logPageSize: 500, seed }
  const entra = stack.adopt(await startEntra({ now: sim.now, settings }), (it) => it.stop())
  const ledger = stack.adopt(await openLedger(sim, ':memory:'), (it) => it.close())
  const stories = impureStories(chance(seed), employees, FROM + MINUTE, SPAN_MS)
  const answers = new Map(stories.map(({ employeeId, answer }) => [employeeId, answer]))
  const { sources, shapes } = sourceRules(configured(sim))
  const inbox = fakeInbox()

  const main = connect(sim, ledger, entra, { send: async () => {} }, new Map())
  const intake = intakeLoop({
    sourceQueue: inbox,
    ledger,
    sources,
    settings: {
      batchSize: 256,
      batchMs: 5,
      backlogPerSecond: 1_000,
      quietMs: 20 * SECOND,
      maxWaitMs: 5 * MINUTE,
      skewMs: MINUTE,
      shapes,
    },
    runtime: sim,
    onRecorded: main.wake,
  })
  const hydrate = hydrateLoop(
    ledger,
    { read: async ({ employeeId }) => answers.get(employeeId) ?? { kind: 'gone' } },
    {
      pollMs: MINUTE,
      waitMs: MINUTE,
      concurrency: 16,
      leaseMs: MINUTE,
      attempts: 3,
      retryMs: MINUTE,
      retryCapMs: MINUTE,
    },
    sim,
    main.wake,
  )
  const service = together([[intake, hydrate], [main.loops]], sim)
  const running = service.run()
  stack.defer(async () => {
    // What a loop left under way when its time to stop was up ends too, before the ledger is
    // closed.
    const quietAt = sim.now() + 20 * MINUTE
    sim.at(quietAt, async () => {})
    let over = false
    const stopped = service
      .stop()
      .then(() => running)
      .finally(() => (over = true))
    await sim.until(async () => over && sim.now() >= quietAt, MINUTE, Number.POSITIVE_INFINITY)
    await stopped
  })
  deliver(sim, stories, (message) => inbox.deliver(message))
  cycles(sim, entra)
  await sim.until(async () => sim.now() >= END, 10 * MINUTE, END + 60 * MINUTE)
  return judgeImpure({ ledger, entra, stories, settled: inbox.settled })
}

function configured(sim: Simulation): readonly ConfiguredSource[] {
  const source = { ...DEFAULT_SOURCE, notices: true }
  const shape = compileShape('vendor', VENDOR_SHAPE, sim.digest, evaluateHere())
  const common = { entity: 'hr-events', match: null, shape: null, owns: null }
  return [
    { ...common, name: PLAIN, match: [PLAIN], source },
    {
      ...common,
      name: FORMED,
      match: [FORMED],
      source: { ...source, order: 'sequence', employeeId: { case: 'upper', pad: 8 } },
    },
    { ...common, name: VENDOR, entity: 'hr-vendor', source, shape },
  ]
}

/** One timer for all messages, because thousands of them would slow the clock down. */
function deliver(
  sim: Simulation,
  stories: readonly ImpureStory[],
  hand: (message: SourceMessage) => void,
): void {
  const messages = stories.flatMap(({ told }) => told).toSorted((a, b) => a.at - b.at)
  const next = (place: number): void => {
    const first = messages[place]
    if (!first) return
    sim.at(first.at, async () => {
      let to = place
      for (let told = messages[to]; told && told.at <= sim.now(); told = messages[++to]) hand(told.message)
      next(to)
    })
  }
  next(0)
}
