import type { HrEvent } from '../../../model.ts'
import type { DeadLetter } from '../dead-letter.ts'
import type { FieldChange } from './field-changes.ts'

/** A selected dead letter, and what intake reads in it now. */
export interface Selected {
  readonly dead: DeadLetter
  /** `null` for a dead letter of the ledger that is not edited, and for a refused one. */
  readonly events: readonly HrEvent[] | null
  /** Employees that an edited body is about. */
  readonly employees: readonly string[]
  /** The code with which intake would refuse it again; `null` when it would accept it. */
  readonly refused: string | null
  /** What is wrong with its edit; names fields and places, never values. */
  readonly detail?: string
  /** The edited body; `null` when it is not edited. */
  readonly body: string | null
  /** The places in which the edited body differs. */
  readonly changes: readonly FieldChange[]
}
