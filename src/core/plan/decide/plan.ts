import type { Decision, EventDecision } from '../../ledger/decision.ts'
import { isFinal } from '../../ledger/lifecycle.ts'
import { LANES, type Lane, isTermination, type ScimUser } from '../../model.ts'
import {
  type AttributionRules,
  attributeFailure,
  DEFAULT_ATTRIBUTION,
  deactivationOnly,
} from './attribute-failure.ts'
import { DEFAULT_FOLD_RULES, type FoldRules } from '../fold/rules.ts'
import { fold } from '../fold/fold.ts'
import type { EmployeeState } from '../fold/state.ts'
import { isObject } from '../../json.ts'
import { respectDeactivation } from './elsewhere.ts'
import { decide, contributionOf, reopens } from './decide-event.ts'
import type { MappedRecord, Mapping, MappingFailure, PlainMapping } from '../mapping/mapping.ts'
import { resendAt, earliest } from './resend.ts'
import type { Failure, Employee, EmployeeEvent } from '../../ledger/employee.ts'
import { MAPPING_FAILED } from './employee.ts'
import { ENTERPRISE_USER } from '../mapping/scim.ts'
import { standing } from './effective-state.ts'

export interface PlanRules<M extends Mapping = Mapping> {
  readonly mapping: M
  readonly fold?: FoldRules
  readonly attributeFailure?: AttributionRules
  readonly digest: (text: string) => string
}

/**
 * What the directory should now hold of one employee, what has to be sent for it, and what becomes of each open event. Pure. A promise only
 * where the mapping computes.
 */
export function planEmployee(employee: Employee, now: number, rules: PlanRules<PlainMapping>): Decision
export function planEmployee(employee: Employee, now: number, rules: PlanRules): Decision | Promise<Decision>
export function planEmployee(
  employee: Employee,
  now: number,
  rules: PlanRules,
): Decision | Promise<Decision> {
  const respect = (decision: Decision): Decision => respectDeactivation(employee, decision, now, rules.fold)
  const decision = planFreely(employee, now, rules)
  return decision instanceof Promise ? decision.then(respect) : respect(decision)
}

function planFreely(employee: Employee, now: number, rules: PlanRules): Decision | Promise<Decision> {
  const { employeeId, revision } = employee
  const folded = standing(employee, fold(employee.events, now, rules.fold ?? DEFAULT_FOLD_RULES))
  const inactive = folded.attributes.get('active')?.value === false
  const last = employee.unanswered.at(-1)
  const overtakes = last !== undefined && inactive && last.active
  if (last !== undefined && !overtakes) return { kind: 'wait', employeeId, revision, nextAt: folded.nextAt }

  const proceed = (mapped: MappedRecord): Decision | Promise<Decision> =>
    mapped.failure && (!inactive || offendingEvents(employee, folded, mapped.failure).length > 0)
      ? planWithoutFailing(employee, now, folded, mapped, mapped.failure, rules)
      : // What is left of a leaver's record goes without the place that failed: the directory has to hear of the leaving.
        planAfterFailure(employee, now, folded, mapped, overtakes, rules)
  const mapped = rules.mapping.map(employeeId, folded.attributes)
  const decision = mapped instanceof Promise ? mapped.then(proceed) : proceed(mapped)
  const noted = (decided: Decision): Decision => noteLeaver(employee, now, folded, decided)
  return decision instanceof Promise ? decision.then(noted) : noted(decision)
}

/** Says whose leaving an operation carries out. An employee who is announced ahead, disabled, does not leave. */
function noteLeaver(employee: Employee, now: number, folded: EmployeeState, decision: Decision): Decision {
  if (decision.kind === 'wait') return decision
  const leaver = employee.leaver ? ({ leaver: true } as const) : {}
  const active = folded.attributes.get('active')
  const event =
    decision.operation && !decision.operation.active && active?.value === false
      ? employee.events.find(({ seq }) => seq === active.by)
      : undefined
  if (!event || folded.effects.get(event.seq)?.kind === 'announced') return { ...decision, ...leaver }
  const { source, id, effectiveAt, recordedAt } = event
  return {
    ...decision,
    ...leaver,
    leaving: decision.leaving ?? { source, id, effectiveAt: Math.min(effectiveAt, now), recordedAt },
  }
}

/**
 * The open events that brought what a rule cannot be carried out with are dead-lettered, and the person is planned without them; so others
 * get through. When a finished event brought it, the open ones are blamed together.
 */
function planWithoutFailing(
  employee: Employee,
  now: number,
  folded: EmployeeState,
  mapped: MappedRecord,
  failure: MappingFailure,
  rules: PlanRules,
): Decision | Promise<Decision> {
  const attributed = offendingEvents(employee, folded, failure)
  const dead = new Set((attributed.length > 0 ? attributed : openOf(employee, folded)).map(({ seq }) => seq))
  // Nothing is open that could be blamed: nothing is sent, and what takes effect later waits for its moment.
  if (dead.size === 0)
    return decideAll(employee, now, folded, { ...mapped, missing: [failure.rule] }, false, rules)

  return planWithout(employee, dead, MAPPING_FAILED, `${failure.rule}: ${failure.why}`, now, rules)
}

/** The person as if these had died, and that they did. */
function planWithout(
  employee: Employee,
  dead: ReadonlySet<number>,
  reason: string,
  detail: string | null,
  now: number,
  rules: PlanRules,
): Decision | Promise<Decision> {
  const deadLettered = [...dead].map((seq): EventDecision => ({
    seq,
    state: 'dead-lettered',
    reason,
    detail,
    by: null,
  }))
  const events = employee.events.map((event): EmployeeEvent =>
    dead.has(event.seq) ? { ...event, state: 'dead-lettered', reason, dead: true } : event,
  )
  const withDeadLettered = (rest: Decision): Decision =>
    rest.kind === 'wait' ? rest : { ...rest, events: [...deadLettered, ...rest.events] }
  const rest = planEmployee({ ...employee, events }, now, rules)
  return rest instanceof Promise ? rest.then(withDeadLettered) : withDeadLettered(rest)
}

/**
 * What the service did not take is blamed on whoever brought it, and the person is planned without; so later events get through. Who is put out is
 * first put out alone, before the event that says so may die.
 */
function planAfterFailure(
  employee: Employee,
  now: number,
  folded: EmployeeState,
  mapped: MappedRecord,
  overtakes: boolean,
  rules: PlanRules,
): Decision | Promise<Decision> {
  const { employeeId, revision, failure } = employee
  if (!failure || overtakes) return decideAll(employee, now, folded, mapped, overtakes, rules)
  const full = rules.digest(JSON.stringify(mapped.record))
  const verdict = attributeFailure(
    employee,
    folded,
    full,
    rules.mapping,
    rules.attributeFailure ?? DEFAULT_ATTRIBUTION,
  )
  if (verdict.kind === 'none')
    return resendDeactivation(
      employee,
      now,
      folded,
      failure,
      full,
      decideAll(employee, now, folded, mapped, overtakes, rules),
      rules,
    )

  const active = folded.attributes.get('active')
  const keeper =
    active?.value === false && !failure.active
      ? // What is only announced puts nobody out.
        verdict.events.find(
          ({ seq, state }) =>
            seq === active.by && !isFinal(state) && folded.effects.get(seq)?.kind === 'applied',
        )
      : undefined
  const record = deactivationOnly(employeeId, failure)
  const hash = rules.digest(record)
  if (keeper && hash !== failure.hash) {
    const deadLettered = verdict.events.filter((event) => event !== keeper)
    return {
      kind: 'decided',
      employeeId,
      revision,
      events: [
        ...deadLettered.map(({ seq }): EventDecision => ({
          seq,
          state: 'dead-lettered',
          reason: failure.code,
          detail: verdict.detail,
          by: null,
        })),
        { seq: keeper.seq, state: 'planned', reason: null, detail: null, by: null },
      ],
      operation: {
        lane: 'leaver',
        active: false,
        record,
        hash,
        manager: null,
        overtakes: false,
        deactivationOnly: true,
      },
      // Whatever else is open is looked at when this has its answer: looked at before, it would be sent in its place, and fail with what failed.
      nextAt: folded.nextAt,
    }
  }
  const dead = new Set(verdict.events.map(({ seq }) => seq))
  // Who is to blame is found, so the same is not offered once more at once.
  return planWithout(
    { ...employee, failure: { ...failure, carried: [], failures: Infinity } },
    dead,
    failure.code,
    verdict.detail,
    now,
    rules,
  )
}

/**
 * A leaver of whom nothing is open is put out alone when the whole record failed: somebody who should be out may be in, and there is no event to say so.
 * While that fails too, it is what is offered again, until the service says that there is nothing to take.
 */
function resendDeactivation(
  employee: Employee,
  now: number,
  folded: EmployeeState,
  failure: Failure,
  full: string,
  decided: Decision,
  rules: PlanRules,
): Decision {
  const out = folded.attributes.get('active')?.value === false && !failure.active && failure.settled !== true
  if (!out || decided.kind === 'wait' || openOf(employee, folded).length > 0) return decided
  // Events died of it just now: what is left of the record goes whole.
  if (!Number.isFinite(failure.failures)) return decided
  // What is only held, a later moment for example, needs no operation and is no obstacle.
  if (decided.events.some(({ state }) => state === 'planned')) return decided
  const record = deactivationOnly(employee.employeeId, failure)
  const hash = rules.digest(record)
  const triedDeactivationOnly = hash === failure.hash
  // The directory has it, or what is known of the person has changed since, and goes whole.
  if (
    full === employee.acceptedHash ||
    hash === employee.acceptedHash ||
    (full !== failure.hash && !triedDeactivationOnly)
  )
    return decided
  const at = triedDeactivationOnly && !employee.leaver?.resend ? resendAt(failure) : now
  if (at === null || at > now) return { ...decided, operation: null, nextAt: earliest(decided.nextAt, at) }
  return {
    ...decided,
    operation: {
      lane: 'leaver',
      active: false,
      record,
      hash,
      manager: null,
      overtakes: false,
      deactivationOnly: true,
    },
  }
}

/** Open events that hold what a rule reads. Not those that put their person out: they are carried in any case. */
function offendingEvents(
  employee: Employee,
  folded: EmployeeState,
  failure: MappingFailure,
): readonly EmployeeEvent[] {
  const holders = new Set(
    [...folded.attributes].flatMap(([path, { by }]) => (failure.reads(path) ? [by] : [])),
  )
  return openOf(employee, folded).filter((event) => holders.has(event.seq) && !isTermination(event))
}

function openOf(employee: Employee, folded: EmployeeState): readonly EmployeeEvent[] {
  return employee.events.filter(
    ({ seq, state }) => !isFinal(state) && folded.effects.get(seq)?.kind === 'applied',
  )
}

function decideAll(
  employee: Employee,
  now: number,
  folded: EmployeeState,
  { record, missing }: MappedRecord,
  overtakes: boolean,
  rules: PlanRules,
): Decision {
  const { employeeId, revision } = employee
  const active = folded.attributes.get('active')?.value
  const inactive = active === false
  // A leaver does not wait for the rest of the record: the directory may know the person.
  const incomplete = inactive ? [] : missing
  const json = JSON.stringify(record)
  const hash = rules.digest(json)
  const something = incomplete.length === 0 && folded.attributes.size > 0
  // What failed for good is not sent again of itself, only for somebody who waits for it; or now and then, where nobody could be blamed.
  const failedBefore = hash === employee.failedHash && openOf(employee, folded).length === 0
  const againAt = failedBefore && !inactive ? resendAt(employee.failure) : null
  // While a leaver case is open its operation goes again on a schedule of its own, whatever ended the last.
  const resend = inactive && employee.leaver?.resend === true
  const inVain = failedBefore && !resend && (againAt === null || againAt > now)
  const send = something && !inVain && (overtakes || resend || hash !== employee.acceptedHash)

  const judge = contributionOf(employee, folded, rules.mapping)
  const events = employee.events.flatMap((event) => {
    const effect = folded.effects.get(event.seq)
    if (!effect || event.folded) return []
    const share = judge(event, effect)
    if (isFinal(event.state) && !reopens(event, share, folded)) return []
    const decision = decide(event, share, { send, missing: incomplete, same: hash === employee.acceptedHash })
    return event.state === 'dead-lettered' && decision.state === 'incomplete' ? [] : [decision]
  })
  const lane: Lane = inactive ? 'leaver' : employee.known ? 'mover' : 'joiner'
  return {
    kind: 'decided',
    employeeId,
    revision,
    events,
    operation: send
      ? {
          lane,
          active: active === true,
          record: json,
          hash,
          manager: managerOf(record, employeeId),
          overtakes,
        }
      : null,
    nextAt:
      inVain && something && hash !== employee.acceptedHash
        ? earliest(folded.nextAt, againAt)
        : folded.nextAt,
  }
}

/** Somebody who is their own manager waits for nobody. */
function managerOf(record: ScimUser, employeeId: string): string | null {
  const extension = record[ENTERPRISE_USER]
  const manager = extension !== undefined && isObject(extension) ? extension['manager'] : undefined
  const value = manager !== undefined && isObject(manager) ? manager['value'] : undefined
  return typeof value === 'string' && value !== employeeId ? value : null
}

/** The number the queue is ordered by. */
export function laneOrder(lane: Lane): number {
  return LANES[lane]
}
