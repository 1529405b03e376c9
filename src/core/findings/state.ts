import type { Finding } from '../ledger/port/findings.ts'

/** A finding by the name that lists show and commands take. */
export const nameOf = ({ seq }: Pick<Finding, 'seq'>): string => `finding-${seq}`

export function stateOf({ acknowledged, settledAt }: Finding): 'open' | 'settled' | 'acknowledged' {
  return acknowledged !== null ? 'acknowledged' : settledAt !== null ? 'settled' : 'open'
}
