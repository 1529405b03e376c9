import type { Ledger } from '../ledger/port.ts'
import { loop, type Runtime, type Service } from '../runtime.ts'
import type { BlameRules } from './blame.ts'
import type { BrakeSettings } from './brake.ts'
import type { FoldRules } from './fold.ts'
import type { Mapping } from './mapping.ts'
import { type Decision, planPerson } from './plan.ts'

export interface PlanSettings {
  /** People planned in one transaction. */
  readonly peopleAtOnce: number
  readonly pollMs: number
  readonly maxWaitMs: number
  /** How long somebody may lack required attributes before the events die as `IncompleteRecord`. */
  readonly incompleteMs: number
  readonly fold?: FoldRules
  readonly blame?: BlameRules
  readonly brake: BrakeSettings
  /** Where several instances plan: how long people are one's own to plan. */
  readonly claimMs?: number
}

/** Works out, person by person, what the directory should now hold. */
export function planning(
  ledger: Pick<Ledger, 'duePeople' | 'commitPlan' | 'expireIncomplete'>,
  mapping: Mapping,
  settings: PlanSettings,
  runtime: Runtime,
  onPlanned: () => void,
): Service & { wake(): void } {
  return loop('plan', runtime, async () => {
    const now = runtime.now()
    const { peopleAtOnce: limit, maxWaitMs, claimMs = 0 } = settings
    const people = await ledger.duePeople({ now, limit, maxWaitMs, claimMs })
    if (people.length === 0) {
      await ledger.expireIncomplete(now - settings.incompleteMs, now, settings.peopleAtOnce)
      return settings.pollMs
    }
    await runtime.telemetry.span(
      'rollcall.plan',
      { attributes: { 'rollcall.people': people.length } },
      async () => {
        const rules = {
          mapping,
          digest: runtime.digest,
          ...(settings.fold ? { fold: settings.fold } : {}),
          ...(settings.blame ? { blame: settings.blame } : {}),
        }
        const decisions: Decision[] = []
        for (const person of people) {
          const decision = planPerson(person, now, rules)
          decisions.push(decision instanceof Promise ? await decision : decision)
        }
        const result = await ledger.commitPlan(decisions, settings.brake, now)
        runtime.telemetry.count('rollcall.operations', result.operations, { state: 'planned' })
      },
    )
    onPlanned()
    return 0
  })
}
