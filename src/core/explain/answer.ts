import { isInForce } from '../blocks/period.ts'
import { assessLeaver } from '../leavers/assess.ts'
import type { Employee } from '../ledger/employee.ts'
import { EVENT_REASONS } from '../ledger/event-reason.ts'
import type { AccessFacts } from '../ledger/port/views/access.ts'
import type { CallLimits } from '../ledger/port/submit.ts'
import type { EffectiveState } from '../plan/decide/effective-state.ts'
import { isActivatedSince } from '../plan/decide/hold/respect-deactivation.ts'
import { compareEvents } from '../plan/fold/order.ts'
import type { FoldRules } from '../plan/fold/rules.ts'
import { nextCallAt } from '../provision/pace.ts'
import type { AccessAnswer, DirectoryHolds, HrSays, Obstacle } from './access.ts'
import { canSignIn, directoryHolds } from './directory.ts'
import { awaited, hrSays, nameOf, stateByHr } from './hr.ts'
import { operationObstacles } from './operations.ts'

export interface AccessContext {
  readonly now: number
  readonly fold?: FoldRules
  /** The limits of the running connector. */
  readonly limits: CallLimits
  /** Whether a connector plans and sends; `null` when that is not known. */
  readonly running: boolean | null
  /** Whether there are several destinations, so that the answer names its own. */
  readonly several?: boolean
}

/**
 * Answers why an employee has access or has none. Pure. It knows the directory only from the
 * provisioning log.
 */
export function explainAccess(facts: AccessFacts, context: AccessContext): AccessAnswer {
  const { employeeId, objectId, employee, destination, left } = facts
  const { now, fold, several = false } = context
  const state = employee && stateByHr(employee, now, fold)
  const directory = directoryHolds(facts)
  const hr: HrSays = employee && state ? hrSays(employee, state) : { kind: 'no-events' }
  const wanted = isBlocked(employee, now) ? 'disabled' : wantedBy(hr)
  const about: About = { facts, context, directory, hr, wanted }
  return {
    employeeId,
    objectId,
    place: several ? { destination, left } : null,
    at: now,
    canSignIn: canSignIn(directory),
    directory,
    hr,
    wanted,
    between: obstacles(about, employee, state),
  }
}

/** What the answer says so far. */
interface About {
  readonly facts: AccessFacts
  readonly context: AccessContext
  readonly directory: DirectoryHolds
  readonly hr: HrSays
  readonly wanted: AccessAnswer['wanted']
}

function isBlocked(employee: Employee | null, now: number): boolean {
  return employee?.blocked !== undefined && isInForce(employee.blocked, now)
}

function wantedBy(hr: HrSays): AccessAnswer['wanted'] {
  switch (hr.kind) {
    case 'active':
      return 'active'
    case 'left':
    case 'withdrawn':
    case 'erased':
      return 'disabled'
    case 'silent':
    case 'no-events':
      return null
  }
}

/** Whether the directory holds something else than it should, or may do so. */
export function differs({ directory, wanted }: Pick<AccessAnswer, 'directory' | 'wanted'>): boolean {
  if (wanted === null) return false
  switch (directory.kind) {
    case 'active':
    case 'disabled':
      return directory.kind !== wanted
    case 'in-doubt':
      return true
    case 'disabled-elsewhere':
    case 'emergency-disabled':
    case 'not-known':
      return wanted === 'active'
  }
}

/**
 * The most important first: decisions of a person, failures, waiting work, future events.
 */
function obstacles(
  about: About,
  employee: Employee | null,
  state: EffectiveState | null,
): readonly Obstacle[] {
  const cases = leaverObstacles(about)
  const ahead = employee && state ? awaited(employee, state) : []
  const found = [
    ...decidedByPeople(about, employee),
    ...cases.filter(({ kind }) => kind === 'refused-message'),
    ...missing(about),
    ...underWay(about),
    ...(employee && state ? deadLetters(employee, state) : []),
    ...ahead.filter(({ kind }) => kind === 'unread'),
  ]
  const isExplained = found.length > 0 || !differs(about)
  return [
    ...found,
    ...(isExplained || cases.length > 0 ? [] : [{ kind: 'unexplained' } as const]),
    ...cases.filter(({ kind }) => kind === 'leaver-case'),
    ...ahead.filter(({ kind }) => kind === 'future'),
  ]
}

function decidedByPeople({ facts, context }: About, employee: Employee | null): readonly Obstacle[] {
  const { now, fold } = context
  const found: Obstacle[] = []
  const restored = facts.holds.find(({ name }) => name === 'restored')
  if (restored) found.push({ kind: 'restored', since: restored.since })
  if (employee?.blocked && isInForce(employee.blocked, now))
    found.push({ kind: 'block', ...employee.blocked })
  const elsewhereAt = employee?.disabledElsewhereAt
  if (employee && elsewhereAt !== undefined && !isActivatedSince(employee, elsewhereAt, now, fold)) {
    const { foreignFinding } = facts
    const finding = foreignFinding === null ? null : `finding-${foreignFinding}`
    found.push({ kind: 'foreign-change', at: elsewhereAt, finding })
  }
  if (facts.brake) {
    const kind = facts.brake.state === 'held' ? 'brake' : 'brake-refused'
    found.push({ kind, since: facts.brake.since })
  }
  const outside = employee?.events.findLast(
    ({ state, reason }) => state === 'held' && reason === EVENT_REASONS.pilot,
  )
  if (outside) found.push({ kind: 'pilot', event: nameOf(outside) })
  return found
}

function missing({ facts: { incomplete } }: About): readonly Obstacle[] {
  return incomplete ? [{ kind: 'incomplete', ...incomplete }] : []
}

/** Operations, and what they wait for. */
function underWay({ facts, context }: About): readonly Obstacle[] {
  const operations = operationObstacles(facts.operations)
  const waiting = operations.filter(({ kind }) => kind === 'waiting' || kind === 'sending')
  const isDue = waiting.length > 0 || facts.dueSince !== null
  return [
    ...operations.filter((one) => !waiting.includes(one)),
    ...(isDue && context.running === false ? [{ kind: 'stopped' } as const] : []),
    ...(isDue ? holds(facts, context.now) : []),
    ...(waiting.some(({ kind }) => kind === 'waiting') ? quota(facts, context) : []),
    ...waiting,
    ...(facts.dueSince === null ? [] : [{ kind: 'planning', since: facts.dueSince } as const]),
  ]
}

function holds({ holds: all }: AccessFacts, now: number): readonly Obstacle[] {
  return all.flatMap(({ name, since, until, status }): Obstacle[] =>
    name === 'restored' || until <= now ? [] : [{ kind: 'hold', name, since, until, status }],
  )
}

function quota({ calls, operations }: AccessFacts, { now, limits }: AccessContext): readonly Obstacle[] {
  const isLeaver = operations.some(({ state, active }) => state === 'pending' && !active)
  const until = nextCallAt({ now, ...calls }, limits, isLeaver)
  return until > now ? [{ kind: 'quota', until, used: calls.used, limit: limits.perDay }] : []
}

/** Dead letters about access, unless a newer event decides. */
function deadLetters({ events }: Employee, { attributes }: EffectiveState): readonly Obstacle[] {
  const by = attributes.get('active')?.by
  const winner = events.find(({ seq }) => seq === by)
  return events.flatMap((event): Obstacle[] => {
    const isAboutAccess = typeof event.worker['active'] === 'boolean'
    if (event.state !== 'dead-lettered' || event.discarded === true || !isAboutAccess) return []
    if (winner && compareEvents(event, winner) < 0) return []
    return [{ kind: 'dead-letter', event: nameOf(event), code: event.reason }]
  })
}

function leaverObstacles({ facts, context }: About): readonly Obstacle[] {
  return facts.leavers.flatMap((view): Obstacle[] => {
    const assessment = assessLeaver(view, context.now, context.fold)
    if (assessment.kind === 'ended') return []
    const { id, event, effectiveAt, refused } = view.leaverCase
    const leaverCase = `leaver-${id}`
    if (refused) return [{ kind: 'refused-message', leaverCase, event, effectiveAt }]
    const { cause, detail, nextAt } = assessment
    return [{ kind: 'leaver-case', leaverCase, cause, detail, nextAt }]
  })
}
