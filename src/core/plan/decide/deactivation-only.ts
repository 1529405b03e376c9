import { CORE_USER, ENTERPRISE_USER } from '../mapping/scim.ts'
import type { Decided, PlannedOperation } from '../../ledger/decision.ts'
import type { Failure } from '../../ledger/employee.ts'
import type { MappedPlanning, PlanRules } from './planning.ts'
import { earliest, resendAt } from './resend.ts'

/** The last accepted record with `active: false`: the operation with the least that can fail. */
export function deactivationOnly(
  employeeId: string,
  { lastAccepted }: Failure,
  { digest }: PlanRules,
): PlannedOperation {
  const accepted: unknown =
    lastAccepted === null
      ? { schemas: [CORE_USER, ENTERPRISE_USER], externalId: employeeId }
      : JSON.parse(lastAccepted)
  const record = JSON.stringify({ ...(typeof accepted === 'object' ? accepted : {}), active: false })
  return {
    lane: 'leaver',
    active: false,
    record,
    hash: digest(record),
    manager: null,
    overtakes: false,
    deactivationOnly: true,
  }
}

/**
 * Replaces the operation of a leaver that carries no event by the deactivation only, when the whole
 * record failed: the account may still be enabled, and no event would report it. When the
 * deactivation fails too, or has no answer, the open leaver case resends it until the service says
 * that it has nothing to change.
 */
export function resendDeactivation(planning: MappedPlanning, failure: Failure, decided: Decided): Decided {
  const { employee, now, hash, isInactive } = planning
  if (!isInactive || failure.active || failure.settled === true) return decided
  // The failure was just attributed: the rest of the record is sent whole.
  if (!Number.isFinite(failure.failures)) return decided
  // Held events need no operation and do not count.
  if (decided.events.some(({ state }) => state === 'planned')) return decided
  const operation = deactivationOnly(employee.employeeId, failure, planning.rules)
  const hasFailedBefore = operation.hash === failure.hash
  const isAccepted = hash === employee.acceptedHash || operation.hash === employee.acceptedHash
  // A record that changed since the failure is sent whole.
  if (isAccepted || (hash !== failure.hash && !hasFailedBefore)) return decided
  const at = employee.leaver?.resend ? now : resendUnasked(failure, hasFailedBefore, now)
  return at === null || at > now
    ? { ...decided, operation: null, nextAt: earliest(decided.nextAt, at) }
    : { ...decided, operation }
}

/** From when on the deactivation is sent although no leaver case asks for it; `null` for never. */
function resendUnasked(failure: Failure, hasFailedBefore: boolean, now: number): number | null {
  if (failure.unheard === true) return null
  return hasFailedBefore ? resendAt(failure) : now
}
