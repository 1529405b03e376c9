import { bare } from '../../own.ts'
import { isType, type RawRecord, type RawStep } from './raw-record.ts'

/** What a log record says about whether the account is enabled. */

function scopingOf({ provisioningSteps }: RawRecord): RawStep['details'] {
  return provisioningSteps.find((step) => isType(step, 'scoping'))?.details ?? bare<unknown>()
}

/** A scoping filter of the job left the employee out. */
export function isOutOfScope(raw: RawRecord): boolean {
  return booleanOf(scopingOf(raw)['Scoping filter evaluation passed']) === false
}

/**
 * By strength of evidence: the import echo, the exported change, the scoping step. An employee
 * outside the scope is disabled whatever was sent, so the exported change then proves nothing.
 */
export function activeOf(raw: RawRecord, importStep: RawStep | undefined): boolean | null {
  const echoed = booleanOf(importStep?.details['active'])
  if (echoed !== null) return echoed
  for (const { displayName, newValue } of isOutOfScope(raw) ? [] : raw.modifiedProperties) {
    const enabled = enabledBy(displayName, newValue)
    if (enabled !== null) return enabled
  }
  const scoped = booleanOf(scopingOf(raw)['Active in the source system'])
  // No real record of an inactive employee has been seen. If the account was found disabled and
  // left so, the two contradict each other and nothing is certain.
  const found = raw.provisioningSteps.find((step) => isType(step, 'matching'))?.details['accountEnabled']
  return scoped === true && booleanOf(found) === false ? null : scoped
}

/**
 * Active Directory has no `accountEnabled`. Its mapping writes `accountDisabled`, or the disabling
 * bit of `userAccountControl` (documented by Microsoft).
 */
function enabledBy(attribute: string | null, value: string | null): boolean | null {
  switch ((attribute ?? '').toLowerCase()) {
    case 'accountenabled':
      return booleanOf(value)
    case 'accountdisabled': {
      const disabled = booleanOf(value)
      return disabled === null ? null : !disabled
    }
    case 'useraccountcontrol': {
      const bits = Number(plain(value) || Number.NaN)
      return Number.isInteger(bits) ? (bits & 2) === 0 : null
    }
    default:
      return null
  }
}

function booleanOf(value: unknown): boolean | null {
  const lower = typeof value === 'string' ? plain(value).toLowerCase() : value
  return lower === 'true' || lower === true ? true : lower === 'false' || lower === false ? false : null
}

/** Values of modified properties are JSON in some logs: `"False"` with its quotes. */
function plain(value: string | null): string {
  return (value ?? '').replace(/^"(.*)"$/s, '$1').trim()
}
