import type { Ledger } from '../../ledger/ledger.ts'
import type { Runtime } from '../../runtime.ts'
import { loop, type Service } from '../../service.ts'
import type { FoldRules } from '../fold/rules.ts'
import { cutOf } from './retain.ts'

export interface RetentionSettings {
  /** Events whose final outcome is older than this are folded away. */
  readonly afterMs: number
  /** Employees per transaction. */
  readonly employeesAtOnce: number
  /** Rows of each kind that one transaction removes. */
  readonly rowsAtOnce: number
  /** Pause between two transactions, so that other work gets its turn. */
  readonly pauseMs: number
  /** From the end of one round through all employees to the start of the next. */
  readonly everyMs: number
  readonly fold?: FoldRules
}

/**
 * Goes through all employees in slices and folds old, settled events away without changing any
 * employee's state. Then removes, in slices, old rows that belong to no employee's events.
 */
export function retentionLoop(
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
    const { employees, last } = await ledger.listRetention({
      after,
      limit: settings.employeesAtOnce,
      settledBefore,
    })
    if (last === null) {
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
    after = last
    return settings.pauseMs
  })
}
