import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { describeAction } from './actions.ts'
import { shrink } from './shrink.ts'
import { FROM, planOf, play } from './world.ts'

export interface SimulateOptions {
  readonly from: number
  readonly seeds: number
  /** No new seed begins after this long. */
  readonly maxMs?: number
  /** Called after each seed. */
  readonly progress?: (tried: number) => void
}
export interface Simulated {
  readonly tried: number
  readonly events: number
  readonly operations: number
  /** How often each thing was done to the connector. */
  readonly done: Readonly<Record<string, number>>
  /** The first seed that failed, made as short as it goes; `null` when none did. */
  readonly failure: string | null
}

/** Plays one seed after another until one fails. The same seed always plays the same. */
export async function simulate({
  from,
  seeds,
  maxMs = Infinity,
  progress,
}: SimulateOptions): Promise<Simulated> {
  const startedAt = performance.now()
  const memory = await openMemoryLedger()
  const done: Record<string, number> = {}
  let [tried, events, operations] = [0, 0, 0]
  let failure: string | null = null
  // Aborted waits make errors that nobody looks at; their traces would cost more than anything
  // else.
  const traces = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    for (let seed = from; seed < from + seeds && failure === null; seed++) {
      if (performance.now() - startedAt > maxMs) break
      const actions = planOf(seed)
      const run = await play(seed, actions, memory)
      tried += 1
      events += run.events
      operations += run.operations
      for (const [kind, count] of Object.entries(run.done)) done[kind] = (done[kind] ?? 0) + count
      progress?.(tried)
      if (run.violations.length === 0) continue
      const fails = async (some: typeof actions): Promise<boolean> =>
        (await play(seed, some, memory)).violations.length > 0
      const short = await shrink(actions, fails)
      const { violations } = await play(seed, short, memory)
      failure = [
        `seed ${seed}, with ${short.length} of its ${actions.length} actions:`,
        ...short.map((action) => describeAction(action, FROM)),
        ...violations.map((what) => `violated: ${what}`),
        `replay it with: npm run simulate -- --seed ${seed} --seeds 1`,
      ].join('\n')
    }
  } finally {
    Error.stackTraceLimit = traces
    await memory.ledger.close()
  }
  return { tried, events, operations, done, failure }
}
