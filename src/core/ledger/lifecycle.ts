/**
 * The states things pass through in the ledger, and the only ways between them.
 * The SQL CHECK constraints and `docs/reference/lifecycle.md` are held against these tables by a test.
 */

export const EVENT_STATES = [
  'received', // in the ledger, not yet looked at
  'held', // takes effect later: waits for its moment
  'incomplete', // its person lacks what the directory needs
  'planned', // carried, or to be superseded, by an operation that is not final yet
  'confirmed', // the directory took its values
  'unchanged', // the directory holds its values already, or nothing it says is mapped
  'superseded', // none of its values survive: another event stands
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

export function isFinal(state: EventState): state is FinalEventState {
  return FINAL_EVENT_STATES.some((final) => final === state)
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
 * From an event's state to those it may go to. `received` again = looked at afresh: its operation fell away, or what it is about
 * was read again. A final state is left only
 * when what its outcome said no longer holds: a rescind, a rescind of the rescind, a winner that fell away, a person complete after all, a
 * second reading that says otherwise, a replay of what died, a dead letter that was discarded. That opens the next revision of the outcome.
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
  'answered', // the log has spoken; later records may refine it
  'escrowed', // failed, and the service tries again by itself; newer ones may go
  'confirmed',
  'unchanged',
  'skipped',
  'failed',
  'withdrawn', // replaced by a newer one before it was sent
  'unanswered', // the log was read past its deadline and says nothing
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
  'split', // refused as a whole: its operations went on in smaller ones
  'rejected', // a single operation the service does not take
  'empty', // everything in it was withdrawn before it was sent
] as const
export type BatchState = (typeof BATCH_STATES)[number]

export const BATCH_ARROWS: Readonly<Record<BatchState, readonly BatchState[]>> = {
  open: ['accepted', 'split', 'rejected', 'empty'],
  accepted: [],
  split: [],
  rejected: [],
  empty: [],
}
