import type { Candidates, JoinedRecord, AcceptedRecord } from '../../ledger/port/report.ts'
import { agrees, type Echoes, learnEchoes, valueOrigins } from './evidence.ts'
import { isAccepted } from './settle.ts'
import type { LogRecord } from '../../ledger/log-record.ts'

/** New records of changes nobody here sent: nothing of the person is on its way. */
export function foreignRecords(joins: readonly JoinedRecord[], found: Candidates): LogRecord[] {
  const open = stillOpen(joins, found)
  const seen = new Set(found.unjoined.map(({ id }) => id))
  return joins.flatMap(({ record, operation }) =>
    operation === null && record.imported && !seen.has(record.id) && !open.has(record.employeeId)
      ? [record]
      : [],
  )
}

/**
 * People of whom the directory may hold something else than it took from us, because a record later than ours shows a change that answers none of our
 * operations: somebody else's, or a new try of one that had failed for good. It is looked at whenever a record of the person comes and nothing of it is
 * on its way, and not only when it is new: while something was, nobody could tell. What we offer again is answered by a later record still, so that
 * this ends. (Of late records of our own operations the ledger knows.)
 */
export function employeesChangedElsewhere(joins: readonly JoinedRecord[], found: Candidates): string[] {
  const open = stillOpen(joins, found)
  const taken = acceptedAfter(joins, found)
  const echoes = learnEchoes(
    found.echoes,
    joins.map(({ record }) => record),
  )
  const changedElsewhere = joins.filter(({ record, operation, interim }) => {
    const ours = taken.get(record.employeeId)
    if (record.status !== 'success' || open.has(record.employeeId) || (ours && record.activityAt < ours.at))
      return false
    if (record.escrowRetry) return interim === null
    return operation === null && record.imported && ours !== undefined && !holdsOurs(record, ours, echoes)
  })
  return [...new Set(changedElsewhere.map(({ record }) => record.employeeId))]
}

/** Whether the record shows what the directory took from us, and nothing else. */
export function holdsOurs(
  record: LogRecord,
  { record: json, active }: AcceptedRecord,
  echoes: Echoes,
): boolean {
  return agrees(record, { active, values: valueOrigins(json) }, echoes)
}

/** People with an operation the log has not spoken of. An escrowed one is answered by a new try only, which says that it is one. */
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

/** What the directory took last of each person, these records included, in the order of the log. */
export function acceptedAfter(
  joins: readonly JoinedRecord[],
  found: Candidates,
): ReadonlyMap<string, AcceptedRecord> {
  const taken = new Map(found.lastAccepted)
  const operations = new Map(found.operations.map((operation) => [operation.id, operation]))
  for (const { record, operation, interim } of joins) {
    const sent = operation === null ? undefined : operations.get(operation)
    if (
      sent &&
      isAccepted(interim, record.code) &&
      record.activityAt >= (taken.get(sent.employeeId)?.at ?? 0)
    )
      taken.set(sent.employeeId, { record: sent.record, active: sent.active, at: record.activityAt })
  }
  return taken
}
