import type { Candidates, JoinedRecord } from '../../ledger/port/report.ts'
import type { ForeignActivation, ForeignDeactivation } from '../../ledger/port/findings.ts'
import { sentBy, learnEchoes } from './evidence.ts'
import { holdsOurs, acceptedAfter } from './changed-elsewhere.ts'
import { mayAnswer } from './join.ts'
import type { LogRecord } from '../../ledger/log-record.ts'

/** Actions after which nobody can sign in, whatever else the record shows. */
const DISABLING = ['disable', 'delete', 'softdelete', 'harddelete']

/**
 * What these records show of access that no operation of ours explains, the last of it for each employee. An operation that may still be
 * answered, late or not at all, explains a deactivation that fits it: until the log has spoken of it, the record may be its answer. So does a
 * deactivation that the directory took from us and that the record merely repeats.
 */
export function accessElsewhere(
  joins: readonly JoinedRecord[],
  found: Candidates,
  skewMs: number,
): { readonly disabled: readonly ForeignDeactivation[]; readonly enabled: readonly ForeignActivation[] } {
  const echoes = learnEchoes(
    found.echoes,
    joins.map(({ record }) => record),
  )
  const taken = acceptedAfter(joins, found)
  const explained = (record: LogRecord): boolean => {
    const ours = taken.get(record.employeeId)
    if (ours && !ours.active && ours.at <= record.activityAt && holdsOurs(record, ours, echoes)) return true
    return found.operations.some(
      (operation) =>
        operation.employeeId === record.employeeId &&
        !operation.active &&
        mayAnswer(record, sentBy(operation), skewMs),
    )
  }
  const disabled = new Map<string, ForeignDeactivation>()
  const enabled = new Map<string, ForeignActivation>()
  for (const { record, operation } of joins) {
    if (operation !== null || (record.status !== 'success' && record.status !== 'warning')) continue
    const { employeeId, activityAt: at, changeId: change } = record
    if (record.active === false || DISABLING.includes(record.action)) {
      if (at >= (disabled.get(employeeId)?.at ?? at) && !explained(record))
        disabled.set(employeeId, { employeeId, at, change })
    } else if (record.active === true && at >= (enabled.get(employeeId)?.at ?? at))
      enabled.set(employeeId, { employeeId, at })
  }
  // The log counts whole seconds: of two in the same one the deactivation stands.
  return {
    disabled: [...disabled.values()].filter(
      ({ employeeId, at }) => at >= (enabled.get(employeeId)?.at ?? at),
    ),
    enabled: [...enabled.values()].filter(({ employeeId, at }) => at > (disabled.get(employeeId)?.at ?? 0)),
  }
}
