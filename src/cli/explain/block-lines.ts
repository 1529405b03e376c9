import type { BlockPeriod } from '../../core/ledger/employee.ts'
import { iso } from '../support/instants.ts'

/** What a block means for the employee, to be read before anything else. */
export function blockLines(blocked: BlockPeriod | null): readonly string[] {
  if (blocked === null) return []
  const end = blocked.until === null ? 'rollcall unblock' : `${iso(blocked.until)} or rollcall unblock`
  return [
    `BLOCKED since ${iso(blocked.since)} until ${end}: sent disabled, whatever the events say; rollcall blocks says why`,
  ]
}
