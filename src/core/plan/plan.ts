import type { EventState, OperationState } from '../ledger/lifecycle.ts'
import { isFinal } from '../ledger/lifecycle.ts'
import { LANES, type Lane, saysLeaver, type ScimUser } from '../model.ts'
import type { Effect, Folded, FoldRules, LedgerEvent } from './fold.ts'
import { defaultFoldRules, flatten, fold, isObject, sameJson } from './fold.ts'
import type { MappedRecord, Mapping, MappingFailure, PlainMapping } from './mapping.ts'
import { compareEvents } from './order.ts'
import { ENTERPRISE_USER } from './scim.ts'

/** Everything that has to be known of one employee to decide what happens next. */
export interface Person {
  readonly employee: string
  /** Raised by whatever changes what a plan depends on; a plan is committed only while it is the same. */
  readonly revision: number
  readonly events: readonly PersonEvent[]
  /** Fingerprint of the record the directory took last; `null` when it took none, or when what it holds is not known. */
  readonly takenHash: string | null
  /** Whether the directory ever took a record of this person. */
  readonly known: boolean
  /** Sent and not answered, oldest first. */
  readonly unanswered: readonly UnansweredOperation[]
}
export interface PersonEvent extends LedgerEvent {
  readonly state: EventState
  readonly reason: string | null
}
export interface UnansweredOperation {
  readonly id: string
  readonly state: Extract<OperationState, 'batched' | 'accepted'>
  readonly active: boolean
}

/** Why an event is where it is: a word for programs, kept beside its state and published with its outcome. */
export const REASONS = {
  /** Nothing it says goes to the directory. */
  nothingMapped: 'NothingMapped',
  /** The directory already took a record with these values. */
  sameRecord: 'SameRecord',
  /** Its person lacks the attributes named in the detail. */
  incomplete: 'Incomplete',
  /** Takes effect later. */
  notYet: 'NotYetEffective',
  rescinded: 'Rescinded',
  /** Too many people would lose access at once: somebody has to look. */
  brake: 'Brake',
} as const

export interface EventDecision {
  readonly seq: number
  readonly state: EventState
  readonly reason: string | null
  /** Names of attributes, never values. */
  readonly detail: string | null
  /** The event that stands in its place. */
  readonly by: number | null
}

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
}

export type Decision =
  /** Something of this person is unanswered; it is planned again when the answer is there. */
  | { readonly kind: 'wait'; readonly employee: string; readonly revision: number }
  | {
      readonly kind: 'decided'
      readonly employee: string
      readonly revision: number
      readonly events: readonly EventDecision[]
      readonly operation: PlannedOperation | null
      /** When this person is due again without anything new arriving. */
      readonly nextAt: number | null
    }

export interface PlanRules<M extends Mapping = Mapping> {
  readonly mapping: M
  readonly fold?: FoldRules
  readonly digest: (text: string) => string
}

/** Events that died only because their person was incomplete come back by themselves once it is complete. */
export const INCOMPLETE_RECORD = 'IncompleteRecord'
/** Nothing was ever heard of its operation: the directory may have taken it, so it stays in the fold. */
export const NO_OUTCOME = 'NoOutcome'
/** A rule of the mapping cannot be carried out with what its event says. */
export const MAPPING_FAILED = 'MappingFailed'

/** Whether a dead-lettered event has left the fold. */
export function leavesFold(reason: string | null): boolean {
  return reason !== INCOMPLETE_RECORD && reason !== NO_OUTCOME
}

/**
 * What the directory should now hold of one employee, what has to be sent for it, and what becomes of each open event. Pure. A promise only
 * where the mapping computes.
 */
export function planPerson(person: Person, now: number, rules: PlanRules<PlainMapping>): Decision
export function planPerson(person: Person, now: number, rules: PlanRules): Decision | Promise<Decision>
export function planPerson(person: Person, now: number, rules: PlanRules): Decision | Promise<Decision> {
  const { employee, revision } = person
  const folded = fold(person.events, now, rules.fold ?? defaultFoldRules)
  const inactive = folded.attributes.get('active')?.value === false
  const last = person.unanswered.at(-1)
  const overtakes = last !== undefined && inactive && last.active
  if (last !== undefined && !overtakes) return { kind: 'wait', employee, revision }

  const proceed = (mapped: MappedRecord): Decision | Promise<Decision> =>
    mapped.failure && (!inactive || culprits(person, folded, mapped.failure).length > 0)
      ? planWithoutFailing(person, now, folded, mapped, mapped.failure, rules)
      : // What is left of a leaver's record goes without the place that failed: the directory has to hear of the leaving.
        decideAll(person, folded, mapped, overtakes, rules)
  const mapped = rules.mapping.map(employee, folded.attributes)
  return mapped instanceof Promise ? mapped.then(proceed) : proceed(mapped)
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
  if (dead.size === 0) return decideAll(person, folded, { ...mapped, missing: [failure.rule] }, false, rules)

  const detail = `${failure.rule}: ${failure.why}`
  const buried = [...dead].map((seq): EventDecision => ({ seq, state: 'dead-lettered', reason: MAPPING_FAILED, detail, by: null }))
  const events = person.events.map((event): PersonEvent =>
    dead.has(event.seq) ? { ...event, state: 'dead-lettered', reason: MAPPING_FAILED, dead: true } : event,
  )
  const withBuried = (rest: Decision): Decision => (rest.kind === 'wait' ? rest : { ...rest, events: [...buried, ...rest.events] })
  const rest = planPerson({ ...person, events }, now, rules)
  return rest instanceof Promise ? rest.then(withBuried) : withBuried(rest)
}

/** Open events that hold what a rule reads. Not those that put their person out: they are carried in any case. */
function culprits(person: Person, folded: Folded, failure: MappingFailure): readonly PersonEvent[] {
  const holders = new Set([...folded.attributes].flatMap(([path, { by }]) => (failure.reads(path) ? [by] : [])))
  return openOf(person, folded).filter((event) => holders.has(event.seq) && !saysLeaver(event))
}

function openOf(person: Person, folded: Folded): readonly PersonEvent[] {
  return person.events.filter(({ seq, state }) => !isFinal(state) && folded.effects.get(seq)?.kind === 'applied')
}

function decideAll(person: Person, folded: Folded, { record, missing }: MappedRecord, overtakes: boolean, rules: PlanRules): Decision {
  const { employee, revision } = person
  const active = folded.attributes.get('active')?.value
  const inactive = active === false
  // A leaver does not wait for the rest of the record: the directory may know the person.
  const incomplete = inactive ? [] : missing
  const json = JSON.stringify(record)
  const hash = rules.digest(json)
  const something = incomplete.length === 0 && folded.attributes.size > 0
  const send = something && (overtakes || hash !== person.takenHash)

  const judge = judgeOf(person, folded, rules.mapping)
  const events: EventDecision[] = []
  for (const event of person.events) {
    const effect = folded.effects.get(event.seq)
    const revived = event.state === 'dead-lettered' && event.reason === INCOMPLETE_RECORD
    if (!effect || (isFinal(event.state) && !revived)) continue
    const decision = decide(event, judge(event, effect), send, incomplete)
    if (!(revived && decision.state === 'incomplete')) events.push(decision)
  }
  const lane: Lane = inactive ? 'leaver' : person.known ? 'mover' : 'joiner'
  return {
    kind: 'decided',
    employee,
    revision,
    events,
    operation: send ? { lane, active: active === true, record: json, hash, manager: managerOf(record, employee), overtakes } : null,
    nextAt: folded.nextAt,
  }
}

/** Somebody who is their own manager waits for nobody. */
function managerOf(record: ScimUser, employee: string): string | null {
  const extension = record[ENTERPRISE_USER]
  const manager = extension !== undefined && isObject(extension) ? extension['manager'] : undefined
  const value = manager !== undefined && isObject(manager) ? manager['value'] : undefined
  return typeof value === 'string' && value !== employee ? value : null
}

/** What an event contributes to the record. */
type Share =
  | { readonly kind: 'later' }
  | { readonly kind: 'rescinded'; readonly by: number }
  | { readonly kind: 'nothing-mapped' }
  | { readonly kind: 'surviving' }
  | { readonly kind: 'superseded'; readonly by: number; readonly settled: boolean }

function judgeOf(person: Person, folded: Folded, mapping: Mapping): (event: LedgerEvent, effect: Effect) => Share {
  const bySeq = new Map(person.events.map((event) => [event.seq, event]))
  return (event, effect) => {
    switch (effect.kind) {
      case 'later':
        return { kind: 'later' }
      case 'rescinded':
        return { kind: 'rescinded', by: effect.by }
      case 'applied': {
        // A rescind says nothing of its own: it stands for what comes back.
        if (event.rescinds) return { kind: 'surviving' }
        let winner: PersonEvent | undefined
        let mapped = false
        for (const path of effect.paths) {
          if (!mapping.uses(path)) continue
          mapped = true
          const holder = folded.attributes.get(path)
          if (holder?.by === event.seq) return { kind: 'surviving' }
          const other = holder && bySeq.get(holder.by)
          if (other && (!winner || compareEvents(other, winner) > 0)) winner = other
        }
        if (!mapped) return repeats(event, folded, mapping) ? { kind: 'surviving' } : { kind: 'nothing-mapped' }
        if (!winner) return { kind: 'nothing-mapped' }
        return { kind: 'superseded', by: winner.seq, settled: isFinal(winner.state) && winner.state !== 'dead-lettered' }
      }
    }
  }
}

/** True for a snapshot that wrote nothing because what it says of the record was known: it says so all the same. */
function repeats(event: LedgerEvent, { attributes }: Folded, mapping: Mapping): boolean {
  return flatten(event.worker).some(([path, value]) => mapping.uses(path) && sameJson(attributes.get(path)?.value, value))
}

function decide({ seq }: PersonEvent, share: Share, send: boolean, missing: readonly string[]): EventDecision {
  const waits = missing.length > 0
  const incomplete: EventDecision = { seq, state: 'incomplete', reason: REASONS.incomplete, detail: missing.join(', '), by: null }
  const decision = (state: EventState, reason: string | null, by: number | null = null): EventDecision => ({
    seq,
    state,
    reason,
    detail: null,
    by,
  })
  switch (share.kind) {
    case 'later':
      return decision('held', REASONS.notYet)
    case 'rescinded':
      return decision('skipped', REASONS.rescinded, share.by)
    case 'nothing-mapped':
      return decision('unchanged', REASONS.nothingMapped)
    case 'surviving':
      return waits ? incomplete : send ? decision('planned', null) : decision('unchanged', REASONS.sameRecord)
    case 'superseded':
      if (share.settled) return decision('superseded', null, share.by)
      return waits ? incomplete : decision(send ? 'planned' : 'superseded', null, share.by)
  }
}

/** The number the queue is ordered by. */
export function laneOrder(lane: Lane): number {
  return LANES[lane]
}
