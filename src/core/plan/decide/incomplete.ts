import { mayHaveAccount } from './effective-state.ts'
import type { MappedPlanning } from './planning.ts'

/**
 * The attributes that an event waits for as `incomplete`: those that the mapping requires and the
 * record lacks (`MappedRecord.missing`). A termination does not wait for the rest of the record,
 * because the directory may hold the account.
 */
export function attributesToWaitFor(planning: MappedPlanning, missing: readonly string[]): readonly string[] {
  return planning.isInactive ? missingWhileBlocked(planning, missing) : missing
}

/**
 * A block alone creates no account: an employee without one waits for a complete record, in which
 * an event says that the employee is active.
 */
function missingWhileBlocked(
  { employee, state: { overridden } }: MappedPlanning,
  missing: readonly string[],
): readonly string[] {
  if (overridden === null || mayHaveAccount(employee)) return []
  return overridden.saysActive ? missing : [...missing, 'active']
}
