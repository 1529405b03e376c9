import type { EndedDeadLetters, EndOrder } from '../../ledger/port/dead-letters.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { isTermination } from '../../model.ts'
import type { EmployeeEvent } from '../../ledger/employee.ts'
import { fold } from '../../plan/fold/fold.ts'
import type { FoldRules } from '../../plan/fold/rules.ts'
import type { DeadLetterQueue } from '../../ports.ts'
import type { Runtime } from '../../runtime.ts'
import { type DeadLetter, mayBeTermination } from './dead-letter.ts'
import type { Selected } from './selection/selected.ts'

/** `discard`: the event counts as if it had never happened. `archive`: it is only out of sight. */
export type Ending = EndOrder['how']

export interface EndRequest {
  readonly how: Ending
  /** Discard terminations too, although their employees may become active. */
  readonly terminations: boolean
  readonly actor: string
  readonly justification: string
}

export interface EndContext {
  readonly ledger: Pick<Ledger, 'endDeadLetters' | 'recordDiscardedMessages' | 'readEmployees'>
  /**
   * Opens the dead-letter queue of a source; `null` when that source is not configured any more.
   */
  readonly openDeadLetterQueue: (entity: string) => Pick<DeadLetterQueue, 'remove' | 'close'> | null
  readonly fold: FoldRules
  readonly runtime: Pick<Runtime, 'now'>
  /**
   * Called once before the first message is removed: from then on a request to stop is answered
   * between two queues.
   */
  readonly listenForStop: () => AbortSignal
}

/** What ending a selection would do. */
export interface EndPlan {
  readonly going: readonly DeadLetter[]
  /** Kept because they deactivate an employee and `terminations` was not given. */
  readonly kept: readonly DeadLetter[]
  /** Ids of employees who are inactive now and would not be any more. */
  readonly becomeActive: readonly string[]
}

export interface EndResult {
  readonly ended: number
  readonly kept: number
  /** Were not dead letters any more. */
  readonly gone: number
  /** Still on the bus: another process holds them locked, or the command was stopped. */
  readonly held: number
}

const AT_ONCE = 500

export async function planEnd(
  selected: readonly Selected[],
  { how, terminations }: EndRequest,
  context: Pick<EndContext, 'ledger' | 'fold' | 'runtime'>,
): Promise<EndPlan> {
  const all = selected.map(({ dead }) => dead)
  if (how === 'archive') return { going: all, kept: [], becomeActive: [] }
  if (terminations) return { going: all, kept: [], becomeActive: await findBecomeActive(all, context) }
  const kept = new Set(selected.filter(isDeactivation).map(({ dead }) => dead))
  return { going: all.filter((dead) => !kept.has(dead)), kept: [...kept], becomeActive: [] }
}

/**
 * A termination on the bus has not deactivated its employee yet, but discarding it leaves the
 * employee active. A stale one contains nothing new.
 */
function isDeactivation({ dead, events }: Selected): boolean {
  if (dead.store === 'ledger') return dead.letter.blocksReactivation
  if (dead.letter.stale === true) return false
  return (events ?? []).some(isTermination) || dead.letter.events.some(mayBeTermination)
}

async function findBecomeActive(
  all: readonly DeadLetter[],
  { ledger, fold: rules, runtime }: Pick<EndContext, 'ledger' | 'fold' | 'runtime'>,
): Promise<readonly string[]> {
  const blocking = all.flatMap((dead) =>
    dead.store === 'ledger' && dead.letter.blocksReactivation ? [dead.letter] : [],
  )
  const seqs = new Set(blocking.map(({ seq }) => seq))
  const ids = [...new Set(blocking.map(({ employeeId }) => employeeId))]
  const isActive = (events: readonly EmployeeEvent[]): boolean =>
    fold(events, runtime.now(), rules).attributes.get('active')?.value === true
  const active: string[] = []
  for (let at = 0; at < ids.length; at += AT_ONCE)
    for (const { employee } of await ledger.readEmployees(ids.slice(at, at + AT_ONCE))) {
      const without = employee.events.map((event) =>
        seqs.has(event.seq) ? { ...event, discarded: true } : event,
      )
      if (!isActive(employee.events) && isActive(without)) active.push(employee.employeeId)
    }
  return active
}

/**
 * Ends what a plan says, first in the ledger, then on the bus. It can be called again after it was
 * stopped at any moment. The ledger also keeps terminations that it finds itself, because the
 * selection may have changed since it was read.
 */
export async function carryOutEnd(
  { going, kept }: EndPlan,
  request: EndRequest,
  context: EndContext,
): Promise<EndResult> {
  const inLedger = await endInLedger(going.concat(kept), request, context)
  const onBus = await removeFromBus(going, request, context)
  return {
    ended: inLedger.ended.length + onBus.ended,
    kept: inLedger.kept.length + kept.filter(({ store }) => store === 'bus').length,
    gone: inLedger.gone.length,
    held: onBus.held,
  }
}

async function endInLedger(
  all: readonly DeadLetter[],
  request: EndRequest,
  { ledger, runtime }: EndContext,
): Promise<EndedDeadLetters> {
  const sum = { ended: [] as number[], kept: [] as number[], gone: [] as number[] }
  const seqs = all.flatMap((dead) => (dead.store === 'ledger' ? [dead.letter.seq] : []))
  for (let at = 0; at < seqs.length; at += AT_ONCE) {
    const order = { ...request, seqs: seqs.slice(at, at + AT_ONCE) }
    const { ended, kept, gone } = await ledger.endDeadLetters(order, runtime.now())
    sum.ended.push(...ended)
    sum.kept.push(...kept)
    sum.gone.push(...gone)
  }
  return sum
}

async function removeFromBus(
  going: readonly DeadLetter[],
  { actor, justification }: EndRequest,
  { ledger, openDeadLetterQueue, runtime, listenForStop }: EndContext,
): Promise<{ readonly ended: number; readonly held: number }> {
  const sum = { ended: 0, held: 0 }
  const messages = going.flatMap((dead) => (dead.store === 'bus' ? [dead.letter.message] : []))
  if (messages.length === 0) return sum
  const signal = listenForStop()
  for (const [entity, those] of Map.groupBy(messages, (message) => message.entity)) {
    const sequences = those.map(({ sequence }) => sequence)
    if (signal.aborted) {
      sum.held += sequences.length
      continue
    }
    const queue = openDeadLetterQueue(entity)
    if (!queue) continue
    try {
      // Recorded first: a message must not leave the bus without a record of who removed it.
      await ledger.recordDiscardedMessages(entity, sequences, actor, justification, runtime.now())
      const gone = await queue.remove(new Set(sequences), signal)
      sum.ended += gone.size
      sum.held += sequences.length - gone.size
    } finally {
      await queue.close()
    }
  }
  return sum
}
