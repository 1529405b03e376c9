import type { Employee } from '../ledger/employee.ts'

/**
 * A deactivation does not wait for the answer to an operation that activates: it overtakes it. The
 * service documents no order, so the end state is sent again after both
 * (`PlannedOperation.overtakes`; `resendAfterOvertaking` does it once both are answered), and an
 * overtaken operation that has not left yet is withdrawn when its batch is claimed.
 */
export function overtakesUnanswered(
  isInactive: boolean,
  { unanswered }: Pick<Employee, 'unanswered'>,
): boolean {
  return isInactive && unanswered.at(-1)?.active === true
}
