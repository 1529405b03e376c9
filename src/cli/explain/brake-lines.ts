import type { BrakeStanding } from '../../core/ledger/port/inspect.ts'
import { iso } from '../support/instants.ts'
import { when } from '../support/screen/when.ts'

/** What the brake means for the employee; no line where it does not keep the account active. */
export function brakeLines(brake: BrakeStanding | null): readonly string[] {
  switch (brake?.state) {
    case 'held':
      return [
        `HELD by the brake since ${when(brake.since)}: the deactivation waits for rollcall brake release or refuse`,
      ]
    case 'refused':
      return [
        `REFUSED since ${when(brake.since)}: an operator keeps the account as it is; rollcall brake release EMPLOYEE lets the deactivation go`,
      ]
    case 'passed':
    case undefined:
      return []
  }
}

export function brakeJson(brake: BrakeStanding | null): object | null {
  return brake && brake.state !== 'passed' ? { ...brake, since: iso(brake.since) } : null
}
