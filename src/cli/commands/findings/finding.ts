import { RollcallError } from '../../../core/errors.ts'
import { nameOf, stateOf } from '../../../core/findings/state.ts'
import type { Finding } from '../../../core/ledger/port/findings.ts'
import { iso } from '../../support/instants.ts'

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
