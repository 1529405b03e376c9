import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import type { Chance } from '../../../fakes/plain-event.ts'
import type { Action } from '../actions.ts'
import { busOn, outcomeQueue } from './bus.ts'
import type { Clock } from '../clock.ts'
import type { Outside } from '../connector.ts'
import { copyQueueOn } from './copies.ts'
import { entraOn } from './entra.ts'
import { hrOn } from './hr.ts'
import type { Judge } from '../judge/judge.ts'
import { HOUR, isNotice } from '../story.ts'

interface World {
  readonly clock: Clock
  readonly chance: Chance
  readonly ledger: Ledger
  readonly judge: Judge
  readonly restOf: (ms: number) => number
}

/** All that is around the connector in one run; what no action needs is left out, because it costs time. */
export function outsideOf(
  { clock, chance, ledger, judge, restOf }: World,
  actions: readonly Action[],
): Outside {
  const { oneIn } = chance
  const violated = (what: string): void => judge.violated(what)
  const limits = { perWindow: 2, windowMs: 5_000, perDay: oneIn(4) ? 6 : 1_000 }
  const said = actions.flatMap((action) => (action.kind === 'arrival' ? [action.said] : []))
  return {
    limits,
    brake: oneIn(4) ? { windowMs: 24 * HOUR, absolute: 1, percent: 100, floor: 1 } : RELEASED_BRAKE,
    bus: busOn(clock, chance, (settled) => judge.settled(settled)),
    outcomes: outcomeQueue(clock, violated),
    entra: entraOn(clock, chance, limits, violated),
    hr: said.some(isNotice) ? hrOn(clock, said) : null,
    copies: actions.some(({ kind }) => kind === 'copies') ? copyQueueOn(clock) : null,
    isShared: oneIn(3),
    quietMs: oneIn(2) ? 0 : 20_000,
    // Retention forgets calls too, and keeps at least a day in earnest.
    retains: limits.perDay > 6 && oneIn(3),
    ledger,
    restOf,
  }
}
