import { similarityKey } from '../../../intake/event/employee-id.ts'
import { type EventName, type HrEvent, isTermination } from '../../../model.ts'
import type { EditRefusalCode } from '../../../reasons.ts'
import { changesOfBody } from './field-changes.ts'
import { type ReadName, mayBeTermination } from '../dead-letter.ts'

/** A dead letter with a body that can be edited, and what could be read of its events. */
export interface Editable {
  readonly id: string
  readonly body: string
  readonly events: readonly ReadName[]
}

export type Edited =
  | { readonly kind: 'body'; readonly body: string }
  /** `detail` names fields and places, never values. */
  | { readonly kind: 'refused'; readonly code: EditRefusalCode; readonly detail: string | null }

/** Changes the bodies of a whole selection. */
export interface Editor {
  /**
   * `edit`: a person wrote each body. `patch`: a rule wrote them, so each body has to change, each
   * event keeps its employee, and one refused dead letter refuses the selection.
   */
  readonly kind: 'edit' | 'patch'
  /**
   * The edited bodies, by the id of their dead letter; one that is missing stays as it is. Rejects
   * with `EditAborted` when the person gives up.
   */
  edit(deadLetters: readonly Editable[]): Promise<ReadonlyMap<string, Edited>>
}

/** The ledger refuses the same edits of its own dead letters with these codes. */
export const EDIT_NAMES_ANOTHER_EVENT = 'EditNamesAnotherEvent'
export const EDIT_TAKES_TERMINATION_BACK = 'EditTakesTerminationBack'

/**
 * Why an edit of a message is refused; `null` when it is allowed. An edit keeps the identity of
 * every event that could be read before it, and it never cancels a termination: the same employee
 * is still terminated afterwards. `names` is what could be read of the original although intake
 * refused it.
 */
export function refusalOfEdit(
  names: readonly ReadName[],
  before: readonly HrEvent[],
  after: readonly HrEvent[],
): EditRefusalCode | null {
  if (before.some((event) => !after.some(isSameEvent(event)))) return EDIT_NAMES_ANOTHER_EVENT
  const keepsTermination = (event: HrEvent): boolean =>
    after.some(
      (other) => isSameEvent(event)(other) && isTermination(other) && other.employeeId === event.employeeId,
    )
  if (before.filter(isTermination).some((event) => !keepsTermination(event)))
    return EDIT_TAKES_TERMINATION_BACK
  // Intake refused the original, but its type could be read.
  const wasTermination = before.length === 0 && names.some(mayBeTermination)
  return wasTermination && !after.some(isTermination) ? EDIT_TAKES_TERMINATION_BACK : null
}

/**
 * Why a patch is refused although an edit may do the same; `null` when it is allowed. `names` is
 * what could be read of the original, and counts where intake refused it: `before` is empty then.
 */
export function refusalOfPatch(
  names: readonly ReadName[],
  before: readonly HrEvent[],
  after: readonly HrEvent[],
): EditRefusalCode | null {
  const lost = names.some(
    ({ source, id }) => source !== null && id !== null && !after.some(isSameEvent({ source, id })),
  )
  if (lost) return EDIT_NAMES_ANOTHER_EVENT
  const employees = new Set(after.map(({ employeeId }) => similarityKey(employeeId)))
  const moved =
    before.some((event) =>
      after.some((other) => isSameEvent(event)(other) && other.employeeId !== event.employeeId),
    ) || names.some(({ employeeId }) => employeeId !== null && !employees.has(similarityKey(employeeId)))
  if (moved) return 'EditNamesAnotherEmployee'
  // Otherwise the body differs only in what intake does not read.
  const isRead =
    before.length === 0 || changesOfBody(JSON.stringify(before), JSON.stringify(after)).length > 0
  return isRead ? null : 'PatchChangesNothing'
}

export function isSameEvent(one: EventName): (other: EventName) => boolean {
  return (other) => one.id === other.id && one.source === other.source
}
