import type { Candidates, JoinedRecord, AcceptedRecord } from '../../ledger/port/report.ts'
import { agrees, type Echoes, echoableValues } from './evidence.ts'
import { isAccepted } from './settle.ts'
import type { LogRecord } from '../../ledger/log-record.ts'

/** New records of changes that Rollcall did not send: the employee has no unanswered operation. */
export function foreignRecords(joins: readonly JoinedRecord[], found: Candidates): LogRecord[] {
  const unexplained = joins.filter(({ record, operation }) => operation === null && record.imported)
  if (unexplained.length === 0) return []
  const open = stillOpen(joins, found)
  const seen = new Set(found.unjoined.map(({ id }) => id))
  return unexplained.flatMap(({ record }) =>
    seen.has(record.id) || open.has(record.employeeId) ? [] : [record],
  )
}

/**
 * Employees whose directory user may differ from the last accepted record, because a later log
 * record shows a change that answers none of Rollcall's operations: a change by another party, or a
 * retry of an operation that had failed for good.
 *
 * Earlier records count too, not only new ones: while an operation was unanswered, they could have
 * been its answer. A resend is answered by a still later record, so this ends. (The ledger itself
 * finds late answers to Rollcall's own operations.)
 */
export function employeesChangedElsewhere(
  joins: readonly JoinedRecord[],
  found: Candidates,
  echoes: Echoes,
): string[] {
  const suspicious = joins.filter(
    ({ record, operation }) =>
      record.status === 'success' && (record.escrowRetry || (operation === null && record.imported)),
  )
  if (suspicious.length === 0) return []
  const open = stillOpen(joins, found)
  const accepted = acceptedAfter(joins, found)
  const changedElsewhere = suspicious.filter(({ record, interim }) => {
    const ours = accepted.get(record.employeeId)
    if (open.has(record.employeeId) || (ours && record.activityAt < ours.at)) return false
    if (record.escrowRetry) return interim === null
    return ours !== undefined && !holdsOurs(record, ours, echoes)
  })
  return [...new Set(changedElsewhere.map(({ record }) => record.employeeId))]
}

/** Whether the log record shows the last accepted record and nothing else. */
export function holdsOurs(
  record: LogRecord,
  { record: json, active }: AcceptedRecord,
  echoes: Echoes,
): boolean {
  return agrees(record, { active, values: echoableValues(json) }, echoes)
}

/**
 * Employees with an operation that the log has not answered. Escrowed operations do not count: only
 * a retry answers them, and it is marked as one.
 */
function stillOpen(joins: readonly JoinedRecord[], found: Candidates): ReadonlySet<string> {
  const answered = new Set(
    joins.flatMap(({ operation, interim }) => (operation !== null && interim !== null ? [operation] : [])),
  )
  return new Set(
    found.operations
      .filter(({ id, state }) => state === 'accepted' && !answered.has(id))
      .map(({ employeeId }) => employeeId),
  )
}

/** The last accepted record of each employee, including these joins, in the order of the log. */
export function acceptedAfter(
  joins: readonly JoinedRecord[],
  found: Candidates,
): ReadonlyMap<string, AcceptedRecord> {
  const accepted = new Map(found.lastAccepted)
  const operations = new Map(found.operations.map((operation) => [operation.id, operation]))
  for (const { record, operation, interim } of joins) {
    const sent = operation === null ? undefined : operations.get(operation)
    if (
      sent &&
      isAccepted(interim, record.code) &&
      record.activityAt >= (accepted.get(sent.employeeId)?.at ?? 0)
    )
      accepted.set(sent.employeeId, { record: sent.record, active: sent.active, at: record.activityAt })
  }
  return accepted
}
