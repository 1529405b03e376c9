import type { Ledger } from '../../ledger/ledger.ts'
import type { Runtime } from '../../runtime.ts'
import { loop, type Service } from '../../service.ts'
import type { FoldRules } from '../fold/rules.ts'
import { cutOf } from './retain.ts'

export interface RetentionSettings {
  /** Events whose final outcome is older than this are folded away. */
  readonly afterMs: number
  /** People looked at in one transaction. */
  readonly employeesAtOnce: number
  /** Rows of each kind that are taken out in one transaction. */
  readonly rowsAtOnce: number
  /** Between two of those, so that other work is not held up. */
  readonly pauseMs: number
  /** From the end of one round through everybody to the next. */
  readonly everyMs: number
  readonly fold?: FoldRules
}

/**
 * Goes through all employees in slices and folds away what is old and settled, without changing what is known of any of them.
 * Then takes out, in slices, what belongs to no employee's events.
 */
export function retention(
  ledger: Pick<Ledger, 'listRetention' | 'foldEvents' | 'forgetReplayEdits' | 'removeAged'>,
  settings: RetentionSettings,
  runtime: Runtime,
): Service {
  let after: string | null = null
  let ageing = false
  return loop('retention', runtime, async () => {
    const now = runtime.now()
    const settledBefore = now - settings.afterMs
    if (ageing) {
      const { removed, more } = await ledger.removeAged({ before: settledBefore, limit: settings.rowsAtOnce })
      if (removed > 0) runtime.telemetry.count('rollcall.retention.aged', removed)
      ageing = more
      return more ? settings.pauseMs : settings.everyMs
    }
    const employees = await ledger.listRetention({ after, limit: settings.employeesAtOnce, settledBefore })
    const last = employees.at(-1)
    if (!last) {
      after = null
      await ledger.forgetReplayEdits(settledBefore, now)
      ageing = true
      return settings.pauseMs
    }
    const cuts = employees.flatMap(({ employee, settled }) => {
      const cut = cutOf(employee.events, new Set(settled), now, settings.fold)
      return cut ? [{ employeeId: employee.employeeId, revision: employee.revision, ...cut }] : []
    })
    if (cuts.length > 0)
      runtime.telemetry.count(
        'rollcall.retention.folded',
        (await ledger.foldEvents(cuts, settledBefore, now)).folded,
      )
    after = last.employee.employeeId
    return settings.pauseMs
  })
}
