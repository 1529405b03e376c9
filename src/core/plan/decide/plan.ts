import { isFinal } from '../../ledger/lifecycle.ts'
import { LANES, type Lane, saysLeaver, type ScimUser } from '../../model.ts'
import { type BlameRules, blame, DEFAULT_BLAME, disabledAlone } from './attribute-failure.ts'
import { defaultFoldRules, fold, type Folded, type FoldRules, isObject } from '../fold/fold.ts'
import { respectDeactivation } from './elsewhere.ts'
import { decide, judgeOf, reopens } from './decide-event.ts'
import type { MappedRecord, Mapping, MappingFailure, PlainMapping } from '../mapping/mapping.ts'
import { offerAgainAt, sooner } from './resend.ts'
import {
  type EventDecision,
  type Failure,
  MAPPING_FAILED,
  type Person,
  type PersonEvent,
} from './employee.ts'
import { ENTERPRISE_USER } from '../mapping/scim.ts'
import { standing } from './effective-state.ts'

export {
  type EventDecision,
  INCOMPLETE_RECORD,
  leavesFold,
  MAPPING_FAILED,
  NO_OUTCOME,
  NO_RECORD,
  type Person,
  type PersonEvent,
  REASONS,
  type UnansweredOperation,
} from './employee.ts'

export interface PlannedOperation {
  readonly lane: Lane
  readonly active: boolean
  /** The record, serialised once: what is stored, compared and sent. */
  readonly record: string
  readonly hash: string
  /** Employee id of the manager the record names. */
  readonly manager: string | null
  /** Another operation of this person is on its way, and the service documents no order: the end state has to be offered again after both. */
  readonly overtakes: boolean
  /** Carries nothing but that the person is out, because more was not taken. */
  readonly alone?: true
}

export type Decision =
  /**
   * Something of this person is unanswered; it is planned again when the answer is there, and at `nextAt`: a leaver whose moment comes
   * before the answer overtakes.
   */
  | {
      readonly kind: 'wait'
      readonly employee: string
      readonly revision: number
      readonly nextAt: number | null
    }
  | {
      readonly kind: 'decided'
      readonly employee: string
      readonly revision: number
      readonly events: readonly EventDecision[]
      readonly operation: PlannedOperation | null
      /** When this person is due again without anything new arriving. */
      readonly nextAt: number | null
      /** The brake holds the person back, with or without an event that could say so. */
      readonly braked?: true
      /** Of an employee whom the log shows deactivated by others: an event newer than that reverses it, or the employee is held. */
      readonly elsewhere?: 'overruled' | 'held'
      /** There is an open leaver case, which is looked at once this is committed. */
      readonly leaver?: true
      /** The operation disables the account, because of this event. */
      readonly leaving?: Leaving
    }

/** The event that disables, and from when on it does. */
export type Leaving = Pick<PersonEvent, 'source' | 'id' | 'effectiveAt' | 'recordedAt'>

export interface PlanRules<M extends Mapping = Mapping> {
  readonly mapping: M
  readonly fold?: FoldRules
  readonly blame?: BlameRules
  readonly digest: (text: string) => string
}

/**
 * What the directory should now hold of one employee, what has to be sent for it, and what becomes of each open event. Pure. A promise only
 * where the mapping computes.
 */
export function planPerson(person: Person, now: number, rules: PlanRules<PlainMapping>): Decision
export function planPerson(person: Person, now: number, rules: PlanRules): Decision | Promise<Decision>
export function planPerson(person: Person, now: number, rules: PlanRules): Decision | Promise<Decision> {
  const respect = (decision: Decision): Decision => respectDeactivation(person, decision, now, rules.fold)
  const decision = planFreely(person, now, rules)
  return decision instanceof Promise ? decision.then(respect) : respect(decision)
}

function planFreely(person: Person, now: number, rules: PlanRules): Decision | Promise<Decision> {
  const { employee, revision } = person
  const folded = standing(person, fold(person.events, now, rules.fold ?? defaultFoldRules))
  const inactive = folded.attributes.get('active')?.value === false
  const last = person.unanswered.at(-1)
  const overtakes = last !== undefined && inactive && last.active
  if (last !== undefined && !overtakes) return { kind: 'wait', employee, revision, nextAt: folded.nextAt }

  const proceed = (mapped: MappedRecord): Decision | Promise<Decision> =>
    mapped.failure && (!inactive || culprits(person, folded, mapped.failure).length > 0)
      ? planWithoutFailing(person, now, folded, mapped, mapped.failure, rules)
      : // What is left of a leaver's record goes without the place that failed: the directory has to hear of the leaving.
        planAfterFailure(person, now, folded, mapped, overtakes, rules)
  const mapped = rules.mapping.map(employee, folded.attributes)
  const decision = mapped instanceof Promise ? mapped.then(proceed) : proceed(mapped)
  const noted = (decided: Decision): Decision => noteLeaver(person, now, folded, decided)
  return decision instanceof Promise ? decision.then(noted) : noted(decision)
}

/** Says whose leaving an operation carries out. An employee who is announced ahead, disabled, does not leave. */
function noteLeaver(person: Person, now: number, folded: Folded, decision: Decision): Decision {
  if (decision.kind === 'wait') return decision
  const leaver = person.leaver ? ({ leaver: true } as const) : {}
  const active = folded.attributes.get('active')
  const event =
    decision.operation && !decision.operation.active && active?.value === false
      ? person.events.find(({ seq }) => seq === active.by)
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
  person: Person,
  now: number,
  folded: Folded,
  mapped: MappedRecord,
  failure: MappingFailure,
  rules: PlanRules,
): Decision | Promise<Decision> {
  const blamed = culprits(person, folded, failure)
  const dead = new Set((blamed.length > 0 ? blamed : openOf(person, folded)).map(({ seq }) => seq))
  // Nothing is open that could be blamed: nothing is sent, and what takes effect later waits for its moment.
  if (dead.size === 0)
    return decideAll(person, now, folded, { ...mapped, missing: [failure.rule] }, false, rules)

  return planWithout(person, dead, MAPPING_FAILED, `${failure.rule}: ${failure.why}`, now, rules)
}

/** The person as if these had died, and that they did. */
function planWithout(
  person: Person,
  dead: ReadonlySet<number>,
  reason: string,
  detail: string | null,
  now: number,
  rules: PlanRules,
): Decision | Promise<Decision> {
  const buried = [...dead].map((seq): EventDecision => ({
    seq,
    state: 'dead-lettered',
    reason,
    detail,
    by: null,
  }))
  const events = person.events.map((event): PersonEvent =>
    dead.has(event.seq) ? { ...event, state: 'dead-lettered', reason, dead: true } : event,
  )
  const withBuried = (rest: Decision): Decision =>
    rest.kind === 'wait' ? rest : { ...rest, events: [...buried, ...rest.events] }
  const rest = planPerson({ ...person, events }, now, rules)
  return rest instanceof Promise ? rest.then(withBuried) : withBuried(rest)
}

/**
 * What the service did not take is blamed on whoever brought it, and the person is planned without; so later events get through. Who is put out is
 * first put out alone, before the event that says so may die.
 */
function planAfterFailure(
  person: Person,
  now: number,
  folded: Folded,
  mapped: MappedRecord,
  overtakes: boolean,
  rules: PlanRules,
): Decision | Promise<Decision> {
  const { employee, revision, failure } = person
  if (!failure || overtakes) return decideAll(person, now, folded, mapped, overtakes, rules)
  const full = rules.digest(JSON.stringify(mapped.record))
  const verdict = blame(person, folded, full, rules.mapping, rules.blame ?? DEFAULT_BLAME)
  if (verdict.kind === 'none')
    return offerAlone(
      person,
      now,
      folded,
      failure,
      full,
      decideAll(person, now, folded, mapped, overtakes, rules),
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
  const record = disabledAlone(employee, failure)
  const hash = rules.digest(record)
  if (keeper && hash !== failure.hash) {
    const buried = verdict.events.filter((event) => event !== keeper)
    return {
      kind: 'decided',
      employee,
      revision,
      events: [
        ...buried.map(({ seq }): EventDecision => ({
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
        alone: true,
      },
      // Whatever else is open is looked at when this has its answer: looked at before, it would be sent in its place, and fail with what failed.
      nextAt: folded.nextAt,
    }
  }
  const dead = new Set(verdict.events.map(({ seq }) => seq))
  // Who is to blame is found, so the same is not offered once more at once.
  return planWithout(
    { ...person, failure: { ...failure, carried: [], failures: Infinity } },
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
function offerAlone(
  person: Person,
  now: number,
  folded: Folded,
  failure: Failure,
  full: string,
  decided: Decision,
  rules: PlanRules,
): Decision {
  const out = folded.attributes.get('active')?.value === false && !failure.active && failure.settled !== true
  if (!out || decided.kind === 'wait' || openOf(person, folded).length > 0) return decided
  // Events died of it just now: what is left of the record goes whole.
  if (!Number.isFinite(failure.failures)) return decided
  // What is only held, a later moment for example, needs no operation and is no obstacle.
  if (decided.events.some(({ state }) => state === 'planned')) return decided
  const record = disabledAlone(person.employee, failure)
  const hash = rules.digest(record)
  const triedAlone = hash === failure.hash
  // The directory has it, or what is known of the person has changed since, and goes whole.
  if (full === person.takenHash || hash === person.takenHash || (full !== failure.hash && !triedAlone))
    return decided
  const at = triedAlone && !person.leaver?.resend ? offerAgainAt(failure) : now
  if (at === null || at > now) return { ...decided, operation: null, nextAt: sooner(decided.nextAt, at) }
  return {
    ...decided,
    operation: { lane: 'leaver', active: false, record, hash, manager: null, overtakes: false, alone: true },
  }
}

/** Open events that hold what a rule reads. Not those that put their person out: they are carried in any case. */
function culprits(person: Person, folded: Folded, failure: MappingFailure): readonly PersonEvent[] {
  const holders = new Set(
    [...folded.attributes].flatMap(([path, { by }]) => (failure.reads(path) ? [by] : [])),
  )
  return openOf(person, folded).filter((event) => holders.has(event.seq) && !saysLeaver(event))
}

function openOf(person: Person, folded: Folded): readonly PersonEvent[] {
  return person.events.filter(
    ({ seq, state }) => !isFinal(state) && folded.effects.get(seq)?.kind === 'applied',
  )
}

function decideAll(
  person: Person,
  now: number,
  folded: Folded,
  { record, missing }: MappedRecord,
  overtakes: boolean,
  rules: PlanRules,
): Decision {
  const { employee, revision } = person
  const active = folded.attributes.get('active')?.value
  const inactive = active === false
  // A leaver does not wait for the rest of the record: the directory may know the person.
  const incomplete = inactive ? [] : missing
  const json = JSON.stringify(record)
  const hash = rules.digest(json)
  const something = incomplete.length === 0 && folded.attributes.size > 0
  // What failed for good is not sent again of itself, only for somebody who waits for it; or now and then, where nobody could be blamed.
  const failedBefore = hash === person.failedHash && openOf(person, folded).length === 0
  const againAt = failedBefore && !inactive ? offerAgainAt(person.failure) : null
  // While a leaver case is open its operation goes again on a schedule of its own, whatever ended the last.
  const resend = inactive && person.leaver?.resend === true
  const inVain = failedBefore && !resend && (againAt === null || againAt > now)
  const send = something && !inVain && (overtakes || resend || hash !== person.takenHash)

  const judge = judgeOf(person, folded, rules.mapping)
  const events = person.events.flatMap((event) => {
    const effect = folded.effects.get(event.seq)
    if (!effect || event.folded) return []
    const share = judge(event, effect)
    if (isFinal(event.state) && !reopens(event, share, folded)) return []
    const decision = decide(event, share, { send, missing: incomplete, same: hash === person.takenHash })
    return event.state === 'dead-lettered' && decision.state === 'incomplete' ? [] : [decision]
  })
  const lane: Lane = inactive ? 'leaver' : person.known ? 'mover' : 'joiner'
  return {
    kind: 'decided',
    employee,
    revision,
    events,
    operation: send
      ? { lane, active: active === true, record: json, hash, manager: managerOf(record, employee), overtakes }
      : null,
    nextAt: inVain && something && hash !== person.takenHash ? sooner(folded.nextAt, againAt) : folded.nextAt,
  }
}

/** Somebody who is their own manager waits for nobody. */
function managerOf(record: ScimUser, employee: string): string | null {
  const extension = record[ENTERPRISE_USER]
  const manager = extension !== undefined && isObject(extension) ? extension['manager'] : undefined
  const value = manager !== undefined && isObject(manager) ? manager['value'] : undefined
  return typeof value === 'string' && value !== employee ? value : null
}

/** The number the queue is ordered by. */
export function laneOrder(lane: Lane): number {
  return LANES[lane]
}
