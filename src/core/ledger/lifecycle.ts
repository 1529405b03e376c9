/**
 * The states of events, operations and batches, and the only changes between them. The SQL CHECK
 * constraints and `docs/reference/lifecycle.md` are compared with these tables by a test.
 */

export const EVENT_STATES = [
  'received', // in the ledger, not yet planned
  'held', // takes effect later: waits for its moment
  'incomplete', // its employee lacks attributes that the directory requires
  'planned', // an operation that is not final yet carries or supersedes it
  'confirmed', // the directory accepted its values
  'unchanged', // the directory already holds its values, or none of them is mapped
  'superseded', // none of its values survive: another event wins
  'skipped', // left out on purpose: rescinded, or out of the job's scope
  'dead-lettered', // failed for good, with its reason
] as const
export type EventState = (typeof EVENT_STATES)[number]

export const FINAL_EVENT_STATES = [
  'confirmed',
  'unchanged',
  'superseded',
  'skipped',
  'dead-lettered',
] as const satisfies readonly EventState[]
export type FinalEventState = (typeof FINAL_EVENT_STATES)[number]
export const OPEN_EVENT_STATES = [
  'received',
  'held',
  'incomplete',
  'planned',
] as const satisfies readonly EventState[]

const FINAL: ReadonlySet<EventState> = new Set(FINAL_EVENT_STATES)

export function isFinal(state: EventState): state is FinalEventState {
  return FINAL.has(state)
}

const OPEN_ARROWS = [
  'received',
  'held',
  'incomplete',
  'planned',
  'confirmed',
  'unchanged',
  'superseded',
  'skipped',
  'dead-lettered',
] as const
/**
 * The states each event state may change to. `received` again means that the event is planned
 * afresh: its operation was withdrawn, or its notice was read again. An event leaves a final state
 * only when its outcome no longer holds: a rescind, a rescind of that rescind, a winner that lost
 * effect, an employee that became complete, a second read with other values, a replay, a discarded
 * dead letter. That opens the next revision.
 */
export const EVENT_ARROWS: Readonly<Record<EventState, readonly EventState[]>> = {
  received: ['held', 'incomplete', 'planned', 'unchanged', 'superseded', 'skipped', 'dead-lettered'],
  held: ['received', 'held', 'incomplete', 'planned', 'unchanged', 'superseded', 'skipped', 'dead-lettered'],
  incomplete: ['incomplete', 'held', 'planned', 'unchanged', 'superseded', 'skipped', 'dead-lettered'],
  planned: OPEN_ARROWS,
  confirmed: ['received', 'skipped', 'dead-lettered'],
  unchanged: ['received', 'planned', 'confirmed', 'unchanged', 'skipped', 'dead-lettered'],
  superseded: ['received', 'planned', 'incomplete', 'unchanged', 'superseded', 'skipped'],
  skipped: ['received', 'held', 'planned', 'incomplete', 'unchanged', 'superseded', 'skipped'],
  'dead-lettered': [
    'received',
    'planned',
    'incomplete',
    'confirmed',
    'superseded',
    'unchanged',
    'skipped',
    'dead-lettered',
  ],
}

export const OPERATION_STATES = [
  'pending', // waits for a batch
  'batched', // in a batch that is not accepted yet
  'accepted', // staged by the service (202): accepted is not done
  'answered', // a log record answers it; later records may refine the answer
  'escrowed', // failed, and the service itself retries; newer operations may be sent
  'confirmed',
  'unchanged',
  'skipped',
  'failed',
  'withdrawn', // replaced by a newer one before it was sent
  'unanswered', // the log was read past its deadline and has no record of it
] as const
export type OperationState = (typeof OPERATION_STATES)[number]

export const OPERATION_ARROWS: Readonly<Record<OperationState, readonly OperationState[]>> = {
  pending: ['batched', 'withdrawn'],
  batched: ['accepted', 'pending', 'withdrawn', 'failed'],
  accepted: ['answered', 'escrowed', 'unanswered'],
  answered: ['confirmed', 'unchanged', 'skipped', 'failed'],
  escrowed: ['answered', 'failed'],
  confirmed: [],
  unchanged: [],
  skipped: [],
  failed: ['answered'],
  withdrawn: [],
  unanswered: ['answered', 'escrowed'],
}

export const BATCH_STATES = [
  'open', // being sent, or waiting to be sent again
  'accepted', // 202
  'split', // refused as a whole: its operations moved to smaller batches
  'rejected', // a single operation that the service refuses
  'empty', // every operation in it was withdrawn before it was sent
] as const
export type BatchState = (typeof BATCH_STATES)[number]

export const BATCH_ARROWS: Readonly<Record<BatchState, readonly BatchState[]>> = {
  open: ['accepted', 'split', 'rejected', 'empty'],
  accepted: [],
  split: [],
  rejected: [],
  empty: [],
}
