import { mayBecomeActive } from '../ledger/employee.ts'
import type { AccessFacts } from '../ledger/port/views/access.ts'
import type { CanSignIn, DirectoryHolds } from './access.ts'

/** What the directory holds, by the records it accepted and the changes of others in its log. */
export function directoryHolds({ accepted, employee, emergencyDisabledAt }: AccessFacts): DirectoryHolds {
  const elsewhereAt = employee?.disabledElsewhereAt ?? null
  // A record that the directory accepted after that change counts.
  if (elsewhereAt !== null && (accepted === null || accepted.last.at <= elsewhereAt))
    return { kind: 'disabled-elsewhere', at: elsewhereAt }
  const isConfirmed = accepted !== null && accepted.certain && !accepted.active
  const mayActivate = employee !== null && mayBecomeActive(employee)
  if (emergencyDisabledAt !== null && !isConfirmed && !mayActivate)
    return { kind: 'emergency-disabled', at: emergencyDisabledAt }
  if (accepted === null) return { kind: 'not-known' }
  const { since, orEarlier } = accepted
  const state = accepted.active ? 'active' : 'disabled'
  return accepted.certain
    ? { kind: state, since, orEarlier }
    : { kind: 'in-doubt', last: state, since, orEarlier }
}

export function canSignIn(directory: DirectoryHolds): CanSignIn {
  switch (directory.kind) {
    case 'active':
      return 'yes'
    case 'disabled':
    case 'disabled-elsewhere':
    case 'emergency-disabled':
      return 'no'
    case 'in-doubt':
      return 'unknown'
    case 'not-known':
      return 'no-account'
  }
}
