import { type EventName, type HrEvent, isTermination } from '../../model.ts'
import { type ReadName, mayBeTermination } from './dead-letter.ts'

/** Answers the body to replay, given the original body and the id of its dead letter. */
export type Edit = (body: string, id: string) => string
/** Decides the edits of a whole selection. Throws `EditAborted` when the person gives up. */
export type Editor = (deadLetters: readonly { readonly id: string; readonly body: string }[]) => Edit

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
): string | null {
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

export function isSameEvent(one: EventName): (other: EventName) => boolean {
  return (other) => one.id === other.id && one.source === other.source
}
