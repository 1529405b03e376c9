import type { Candidates, JoinedRecord } from '../../ledger/port/report.ts'
import type { ForeignActivation, ForeignDeactivation } from '../../ledger/port/findings.ts'
import { isPossibleAnswer, type Sent, sentBy } from './evidence.ts'
import { holdsOurs, acceptedAfter } from './changed-elsewhere.ts'
import { type JoinContext, mayBeReported, reportedOnce } from './pairing.ts'
import type { LogRecord } from '../../ledger/log-record.ts'

/** Actions after which the account cannot sign in, whatever else the record shows. */
const DISABLING = ['disable', 'delete', 'softdelete', 'harddelete']

/**
 * The last change of access for each employee that no operation of Rollcall explains. An operation
 * that may still be answered explains a deactivation that fits it, because the record may be its
 * answer. One whose failure is reported explains only a retry, or a follow-up, which may be of one.
 * The last accepted record explains a deactivation too, if it deactivates and the log record only
 * repeats it.
 */
export function accessElsewhere(
  joins: readonly JoinedRecord[],
  found: Candidates,
  { echoes, skewMs }: JoinContext,
): { readonly disabled: readonly ForeignDeactivation[]; readonly enabled: readonly ForeignActivation[] } {
  const unexplained = joins.filter(
    ({ record, operation }) =>
      operation === null && (record.status === 'success' || record.status === 'warning'),
  )
  if (unexplained.length === 0) return { disabled: [], enabled: [] }
  const accepted = acceptedAfter(joins, found)
  const deactivations = deactivationsAfter(joins, found)
  const explained = (record: LogRecord): boolean => {
    const ours = accepted.get(record.employeeId)
    if (ours && !ours.active && ours.at <= record.activityAt && holdsOurs(record, ours, echoes)) return true
    return deactivations.some(
      (sent) =>
        sent.operation.employeeId === record.employeeId &&
        (!record.imported || mayBeReported(sent)) &&
        isPossibleAnswer(record, sent, skewMs),
    )
  }
  const disabled = new Map<string, ForeignDeactivation>()
  const enabled = new Map<string, ForeignActivation>()
  for (const { record } of unexplained) {
    const { employeeId, activityAt: at, changeId: change } = record
    if (record.active === false || DISABLING.includes(record.action)) {
      if (at >= (disabled.get(employeeId)?.at ?? at) && !explained(record))
        disabled.set(employeeId, { employeeId, at, change })
    } else if (record.active === true && at >= (enabled.get(employeeId)?.at ?? at))
      enabled.set(employeeId, { employeeId, at })
  }
  // The log counts whole seconds: of two changes in the same second the deactivation stands.
  return {
    disabled: [...disabled.values()].filter(
      ({ employeeId, at }) => at >= (enabled.get(employeeId)?.at ?? at),
    ),
    enabled: [...enabled.values()].filter(({ employeeId, at }) => at > (disabled.get(employeeId)?.at ?? 0)),
  }
}

/** Our deactivations after these joins, each with the changes that reported it counted. */
function deactivationsAfter(joins: readonly JoinedRecord[], found: Candidates): readonly Sent[] {
  const reports = Map.groupBy(
    joins.filter(({ record }) => record.imported),
    ({ operation }) => operation,
  )
  return found.operations
    .filter(({ active }) => !active)
    .map((operation) => {
      const changes = new Set(reports.get(operation.id)?.map(({ record }) => record.changeId))
      return [...changes].reduce(reportedOnce, sentBy(operation))
    })
}
