import type { Employee } from '../../../ledger/employee.ts'
import type { ScimUser } from '../../../model.ts'
import { planEmployee } from '../../../plan/decide/plan.ts'
import type { PlanRules } from '../../../plan/decide/planning.ts'
import { parseRecord } from '../../../plan/mapping/record.ts'

/** The record of the operation that the employee would get now; `null` when there would be none. */
export async function plannedRecord(
  employee: Employee,
  now: number,
  rules: PlanRules,
): Promise<ScimUser | null> {
  const decision = await planEmployee({ ...employee, unanswered: [] }, now, rules)
  const operation = decision.kind === 'wait' ? null : decision.operation
  return operation ? parseRecord(operation.record) : null
}
