import { callsOf } from '../../../compose/observe/destinations.ts'
import type { LedgerReadings, ObservedLimits } from '../../../compose/observe/measurements.ts'
import type { Readiness } from '../../../compose/observe/readiness.ts'
import { HOLD_WORDS } from '../../../core/explain/words.ts'
import { eachDestination } from '../../../core/destinations/figures.ts'
import type { DestinationFigures } from '../../../core/ledger/port/figures.ts'
import { aliveOf, missingLoops } from '../../../core/instances/state.ts'
import { nextCallAt } from '../../../core/provision/pace.ts'
import { limitUsesIn, nearestLimit } from '../../../core/provision/quarantine.ts'
import type { RoutePath } from '../../access/routes.ts'
import { counted, unit } from '../layout.ts'
import type { Times } from '../times.ts'

/** `off`: the state is not known, and does not need to be. */
export type Tone = 'good' | 'warn' | 'bad' | 'off'

/** The state of one part, with its reason. */
export interface Light {
  readonly part: string
  readonly tone: Tone
  readonly reason: string
  /** The page that says more; left out where there is none. */
  readonly href?: RoutePath
}

interface Seen {
  readonly readiness: Readiness
  readonly ledger: LedgerReadings
  readonly limits: ObservedLimits
}

/** From this share of the day's calls on, the quota needs a look. */
const LOW_QUOTA = 0.9
/** From this share of a limit of quarantine on, the failures of the job need a look. */
const NEAR_QUARANTINE = 0.8

/** What runs and what does not. Pure. */
export function lightsOf(seen: Seen, times: Times): readonly Light[] {
  return [
    connector(seen),
    bus(seen),
    ...each(seen, (one) => job(one, seen, times)),
    ...each(seen, (one) => submission(one, times)),
    brake(seen, times),
    ...each(seen, (one) => quota(one, seen, times)),
  ]
}

/** A light for each destination, which names it where there are several. */
function each({ ledger: { figures } }: Seen, lightOf: (one: DestinationFigures) => Light): readonly Light[] {
  const all = eachDestination(figures)
  return all.map((one) => {
    const light = lightOf(one)
    return all.length === 1 ? light : { ...light, part: `${light.part} ${one.name}` }
  })
}

function connector({ ledger: { instances } }: Seen): Light {
  const [alive, missing] = [aliveOf(instances).length, missingLoops(instances)]
  const lost = instances.filter(({ state }) => state === 'lost').map(({ name }) => name)
  const part = 'Connector'
  const running = `${unit(alive, 'instance')} ${alive === 1 ? 'runs' : 'run'}`
  if (missing.length > 0) return { part, tone: 'bad', reason: `no instance runs ${missing.join(', ')}` }
  if (lost.length > 0)
    return { part, tone: 'warn', reason: `${running}, ${lost.join(', ')} ended without a stop` }
  return { part, tone: 'good', reason: running }
}

function bus({ readiness }: Seen): Light {
  const part = 'Bus'
  const receivers = readiness.checks['receivers']
  if (receivers === undefined) return { part, tone: 'off', reason: 'this instance receives nothing' }
  return receivers === 'ok'
    ? { part, tone: 'good', reason: 'receivers are open' }
    : { part, tone: 'bad', reason: 'no open receiver: rollcall check tests the bus' }
}

function job(figures: DestinationFigures, { limits }: Seen, times: Times): Light {
  const as = (tone: Tone, reason: string): Light => ({ part: 'Job', tone, reason, href: '/job' })
  if (figures.job === null) return as('off', 'not known')
  const { running, seenAt } = figures.job
  const quarantine = figures.jobReport?.quarantine ?? null
  if (!running && quarantine !== null) {
    const { since } = quarantine
    return as('bad', since === null ? 'in quarantine' : `in quarantine since ${times.text(since)}`)
  }
  if (!running) return as('bad', `does not run, seen ${times.text(seenAt)}`)
  if (seenAt < times.at - limits.jobSeenMs) return as('off', `ran ${times.text(seenAt)}`)
  const nearest = nearestLimit(limitUsesIn(figures))
  if (nearest === null || nearest.count === 0) return as('good', 'runs')
  const { count, at } = nearest
  return as(
    count >= at * NEAR_QUARANTINE ? 'warn' : 'good',
    `runs, ${counted(count)} of ${counted(at)} failures before quarantine`,
  )
}

function submission(figures: DestinationFigures, times: Times): Light {
  const part = 'Sending'
  const reasons = figures.holds.map(
    ({ name, status, until }) =>
      `held until ${times.text(until)}: ${HOLD_WORDS[name]}${status === null ? '' : ` (HTTP ${status})`}`,
  )
  return reasons.length === 0
    ? { part, tone: 'good', reason: 'open' }
    : { part, tone: 'bad', reason: reasons.join('; ') }
}

function brake({ ledger: { figures } }: Seen, times: Times): Light {
  const { held, heldSince, window } = figures.brake
  const part = 'Brake'
  if (held > 0) {
    const since = heldSince === null ? '' : ` since ${times.text(heldSince)}`
    return { part, tone: 'bad', reason: `holds ${unit(held, 'deactivation')}${since}` }
  }
  return { part, tone: 'good', reason: `open, ${unit(window, 'deactivation')} in its window` }
}

function quota(figures: DestinationFigures, { ledger: { at }, limits }: Seen, times: Times): Light {
  const calls = callsOf(limits, figures.name)
  const part = 'Quota'
  const { used } = figures.quota
  if (!Number.isFinite(calls.perDay))
    return { part, tone: 'good', reason: `${unit(used, 'call')} in 24 h, no limit` }
  const next = nextCallAt({ now: at, ...figures.quota }, calls, false)
  const reason = `${counted(used)} of ${unit(calls.perDay, 'call')} in 24 h`
  if (used < calls.perDay * LOW_QUOTA) return { part, tone: 'good', reason }
  const waits = next > at ? `, the next one ${times.text(next)}` : ''
  return { part, tone: used >= calls.perDay ? 'bad' : 'warn', reason: `${reason}${waits}` }
}
