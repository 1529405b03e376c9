import type { Instance } from '../ledger/port/instances.ts'
import { type Loop, LOOPS } from '../loops.ts'

/** An instance that was silent for longer is lost. It shows a sign of life every 5 seconds. */
export const LOST_AFTER_MS = 30_000

/**
 * - `alive`: seen within `LOST_AFTER_MS`
 * - `lost`: silent for longer, and did not end in order: killed, suspended or cut off
 * - `replaced`: lost, but instances that started afterwards run, or ran, all of its loops
 * - `ended`: ended in order
 */
export type InstanceState = 'alive' | 'lost' | 'replaced' | 'ended'

export interface InstanceView extends Instance {
  readonly state: InstanceState
}

/** The state of each of them, in the same order. */
export function instanceStates(instances: readonly Instance[], now: number): readonly InstanceView[] {
  return instances.map((instance) => ({ ...instance, state: stateOf(instance, instances, now) }))
}

export const aliveOf = (views: readonly InstanceView[]): readonly InstanceView[] =>
  views.filter(({ state }) => state === 'alive')

/** Of living instances, the one that commands speak for: the last started that plans and sends. */
export function speakerOf(alive: readonly InstanceView[]): InstanceView | null {
  const newestFirst = alive.toSorted((one, other) => other.startedAt - one.startedAt)
  return newestFirst.find(({ loops }) => loops.includes('provision')) ?? newestFirst[0] ?? null
}

/** The loops that no living instance runs, in the order of the flow. */
export function missingLoops(views: readonly InstanceView[]): readonly Loop[] {
  const running = new Set(aliveOf(views).flatMap(({ loops }) => loops))
  return LOOPS.filter((loop) => !running.has(loop))
}

function stateOf(instance: Instance, all: readonly Instance[], now: number): InstanceState {
  if (instance.endedAt !== null) return 'ended'
  const later = all.filter(({ startedAt, id }) => id !== instance.id && startedAt >= instance.seenAt)
  // One process at a time runs on a file, so an earlier one is gone as soon as the next one starts.
  const displaced = !instance.shared && later.length > 0
  if (!displaced && now - instance.seenAt <= LOST_AFTER_MS) return 'alive'
  const taken = new Set(later.flatMap(({ loops }) => loops))
  return instance.loops.every((loop) => taken.has(loop)) ? 'replaced' : 'lost'
}
