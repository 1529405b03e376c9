import type { Candidates, ForeignActivation, ForeignDeactivation, JoinedRecord } from '../../ledger/port.ts'
import { sentBy } from './evidence.ts'
import { holdsOurs, takenAfter } from './changed-elsewhere.ts'
import { learnEchoes } from './evidence.ts'
import { mayAnswer } from './join.ts'
import type { LogRecord } from './log-record.ts'

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
  const taken = takenAfter(joins, found)
  const explained = (record: LogRecord): boolean => {
    const ours = taken.get(record.employee)
    if (ours && !ours.active && ours.at <= record.activityAt && holdsOurs(record, ours, echoes)) return true
    return found.operations.some(
      (operation) =>
        operation.employee === record.employee &&
        !operation.active &&
        mayAnswer(record, sentBy(operation), skewMs),
    )
  }
  const disabled = new Map<string, ForeignDeactivation>()
  const enabled = new Map<string, ForeignActivation>()
  for (const { record, operation } of joins) {
    if (operation !== null || (record.status !== 'success' && record.status !== 'warning')) continue
    const { employee, activityAt: at, changeId: change } = record
    if (record.active === false || DISABLING.includes(record.action)) {
      if (at >= (disabled.get(employee)?.at ?? at) && !explained(record))
        disabled.set(employee, { employee, at, change })
    } else if (record.active === true && at >= (enabled.get(employee)?.at ?? at))
      enabled.set(employee, { employee, at })
  }
  // The log counts whole seconds: of two in the same one the deactivation stands.
  return {
    disabled: [...disabled.values()].filter(({ employee, at }) => at >= (enabled.get(employee)?.at ?? at)),
    enabled: [...enabled.values()].filter(({ employee, at }) => at > (disabled.get(employee)?.at ?? 0)),
  }
}
