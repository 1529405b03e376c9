import type { QueueEntity } from './entity.ts'

/**
 * Messages of one entity. Every message held is in exactly one of active, locked, scheduled and
 * deferred (a locked deferred one is in both).
 */
export interface EntityCounts {
  /** Deliverable now. */
  readonly active: number
  readonly locked: number
  readonly scheduled: number
  readonly deferred: number
  /** Held by the entity's dead-letter queue. */
  readonly deadLetter: number
  /** Ever accepted and stored; duplicates that were dropped are not. */
  readonly incoming: number
  /** Ever completed, or received and deleted. */
  readonly completed: number
  /** Ever accepted and dropped as duplicates. */
  readonly duplicates: number
  /** Ever expired. */
  readonly expired: number
}

export function countsOf({ queue, deadLetters }: QueueEntity): EntityCounts {
  const dead = deadLetters?.queue.counts()
  return {
    ...queue.counts(),
    deadLetter: dead === undefined ? 0 : dead.active + dead.locked + dead.deferred,
  }
}
