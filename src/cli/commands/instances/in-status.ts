import { aliveOf, type InstanceView, missingLoops } from '../../../core/instances/state.ts'
import { LOOPS } from '../../../core/loops.ts'
import { iso } from '../../support/instants.ts'
import { say } from '../../support/output.ts'
import { age, when } from '../../support/screen/when.ts'

/** The instances that run or are missed, for `status`. */
export function connectorToJson(views: readonly InstanceView[]): object {
  return {
    missingLoops: missingLoops(views),
    instances: shown(views).map(({ id, name, host, version, state, loops, startedAt, seenAt }) => ({
      id,
      name,
      host,
      version,
      state,
      loops,
      startedAt: iso(startedAt),
      seenAt: iso(seenAt),
    })),
  }
}

export function connectorRows(views: readonly InstanceView[]): readonly (readonly [string, string])[] {
  const missing = missingLoops(views)
  const none = missing.length === LOOPS.length
  return [
    ...shown(views).map(({ name, version, state, startedAt, seenAt, loops }): readonly [string, string] => [
      `${state} ${name}`,
      `${version}, since ${when(startedAt)}, seen ${age(seenAt)}, ${describeLoops(loops)}`,
    ]),
    ...(none ? [['none runs', ''] as const] : []),
    ...(!none && missing.length > 0 ? [['run nowhere', missing.join(', ')] as const] : []),
  ]
}

export function describeLoops(loops: InstanceView['loops']): string {
  return loops.length === LOOPS.length ? 'everything' : loops.join(', ')
}

/** Says on stderr which loops no instance runs; false when each of them runs. */
export function sayMissingLoops(views: readonly InstanceView[]): boolean {
  const missing = missingLoops(views)
  if (missing.length === 0) return false
  if (aliveOf(views).length === 0)
    say('no connector runs on this ledger, so nothing is received or sent: start rollcall run')
  else
    say(
      `no instance runs ${missing.join(', ')}: start rollcall run --loops ${missing.join(',')}, or without --loops`,
    )
  return true
}

/** Without those that ended, or whose work others took over. */
function shown(views: readonly InstanceView[]): readonly InstanceView[] {
  return views.filter(({ state }) => state === 'alive' || state === 'lost')
}
