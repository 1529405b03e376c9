import type { Ledger } from '../../ledger/ledger.ts'
import type { DeadLetterQueue } from '../../ports.ts'
import type { ReadMessage } from './read-message.ts'

/** Both stores of dead letters, opened to look at them. Either may be left out. */
export interface Stores {
  readonly deadLetterQueues: readonly Pick<DeadLetterQueue, 'entity' | 'peek'>[]
  readonly read: ReadMessage
  /** `null` when only the bus is looked at. */
  readonly ledger: Pick<Ledger, 'listDeadLetters' | 'findDeadLetter' | 'findNearMatches'> | null
  /**
   * What the ledger knows about events, also when only the bus is looked at: it shows which
   * messages are stale. `null` when there is no ledger to ask.
   */
  readonly knownEvents: Ledger['findKnownEvents'] | null
  /**
   * Finds an employee by a name, also when only the bus is looked at. `null` when there is no
   * ledger to ask.
   */
  readonly findEmployeeIds: Ledger['findEmployeeIds'] | null
}
