import type { BlockPeriod } from '../../core/ledger/employee.ts'
import { when } from '../support/screen/when.ts'

/** What a block means for the employee, to be read before anything else. */
export function blockLines(blocked: BlockPeriod | null): readonly string[] {
  if (blocked === null) return []
  const end = blocked.until === null ? 'rollcall unblock' : `${when(blocked.until)} or rollcall unblock`
  return [
    `BLOCKED since ${when(blocked.since)} until ${end}: sent disabled, whatever the events say; rollcall blocks says why`,
  ]
}
