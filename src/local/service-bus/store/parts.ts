import type { Books } from './books.ts'
import type { QueueHooks, QueueSpec } from './contract.ts'
import type { DuplicateWindow } from './duplicates.ts'
import type { Holdings } from './holdings/holdings.ts'
import type { Journal } from './journal.ts'

/** What a queue consists of. Only its specification is ever replaced. */
export interface QueueParts {
  spec: QueueSpec
  readonly holdings: Holdings
  readonly hooks: QueueHooks
  readonly books: Books
  readonly journal: Journal | undefined
  /** Undefined unless the queue looks for duplicates. */
  readonly duplicateWindow: DuplicateWindow | undefined
}
