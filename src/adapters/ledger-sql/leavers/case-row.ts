import type { ClosedLeaver, LeaverCase } from '../../../core/ledger/port/leavers.ts'

/** What every reading of a case has. */
export interface CaseRow {
  readonly seq: number
  readonly employee: string
  readonly source: string
  readonly event_id: string
  readonly effective_at: number
  readonly recorded_at: number
  readonly received_at: number
  readonly opened_at: number
}
export const CASE_COLUMNS =
  'seq, employee, source, event_id, effective_at, recorded_at, received_at, opened_at'

/** Where the account of the employee of a case is. */
export const DESTINATION = '(SELECT p.destination FROM employees p WHERE p.id = leaver_cases.employee)'

export function caseOf(row: CaseRow): Omit<LeaverCase, 'resends' | 'refused'> {
  return {
    id: row.seq,
    employeeId: row.employee,
    event: { source: row.source, id: row.event_id },
    effectiveAt: row.effective_at,
    recordedAt: row.recorded_at,
    receivedAt: row.received_at,
    openedAt: row.opened_at,
  }
}

export interface AcknowledgedRow {
  readonly acknowledged_by: string | null
  readonly justification: string | null
}

export function acknowledgedOf({
  acknowledged_by: by,
  justification,
}: AcknowledgedRow): ClosedLeaver['acknowledged'] {
  return by === null ? null : { by, justification: justification ?? '' }
}
