import type { Ledger } from '../ledger/port.ts'
import { loop, type Runtime, type Service } from '../runtime.ts'
import type { FoldRules } from './fold.ts'
import { cutOf } from './retain.ts'

export interface RetentionSettings {
  /** Events whose final outcome is older than this are folded away. */
  readonly afterMs: number
  /** People looked at in one transaction. */
  readonly peopleAtOnce: number
  /** Between two of those, so that other work is not held up. */
  readonly pauseMs: number
  /** From the end of one round through everybody to the next. */
  readonly everyMs: number
  readonly fold?: FoldRules
}

/** Goes through everybody in slices and folds away what is old and settled, without changing what is known of anyone. */
export function retention(
  ledger: Pick<Ledger, 'retentionPage' | 'foldAway' | 'forgetEdits'>,
  settings: RetentionSettings,
  runtime: Runtime,
): Service {
  let after: string | null = null
  return loop('retention', runtime, async () => {
    const now = runtime.now()
    const settledBefore = now - settings.afterMs
    const people = await ledger.retentionPage({ after, limit: settings.peopleAtOnce, settledBefore })
    const last = people.at(-1)
    if (!last) {
      after = null
      await ledger.forgetEdits(settledBefore, now)
      return settings.everyMs
    }
    const cuts = people.flatMap(({ person, settled }) => {
      const cut = cutOf(person.events, new Set(settled), now, settings.fold)
      return cut ? [{ employee: person.employee, revision: person.revision, ...cut }] : []
    })
    if (cuts.length > 0)
      runtime.telemetry.count(
        'rollcall.retention.folded',
        (await ledger.foldAway(cuts, settledBefore, now)).folded,
      )
    after = last.person.employee
    return settings.pauseMs
  })
}
