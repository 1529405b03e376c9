import { RollcallError } from '../../../core/errors.ts'
import type { Finding } from '../../../core/ledger/port/findings.ts'
import { iso } from '../../support/instants.ts'

/** A finding by the name that `findings list` prints. */
export const nameOf = ({ seq }: Pick<Finding, 'seq'>): string => `finding-${seq}`

/** The number in a name. Throws `ArgumentInvalid`. */
export function seqOf(name: string): number {
  const [, number] = /^(?:finding-)?(\d{1,15})$/.exec(name) ?? []
  if (number === undefined)
    throw new RollcallError(
      'ArgumentInvalid',
      'name a finding as rollcall findings lists it, such as finding-12',
    )
  return Number(number)
}

export function stateOf({ acknowledged, settledAt }: Finding): 'open' | 'settled' | 'acknowledged' {
  return acknowledged !== null ? 'acknowledged' : settledAt !== null ? 'settled' : 'open'
}

/** A finding as JSON. */
export function findingJson(finding: Finding): object {
  const { code, employeeId, event, raisedAt, detail, settledAt, acknowledged } = finding
  return {
    finding: nameOf(finding),
    code,
    state: stateOf(finding),
    employee: employeeId,
    event,
    raisedAt: iso(raisedAt),
    detail,
    settledAt: iso(settledAt),
    acknowledged: acknowledged && { ...acknowledged, at: iso(acknowledged.at) },
  }
}
