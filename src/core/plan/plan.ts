import type { EventState, OperationState } from '../ledger/lifecycle.ts'
import { isFinal } from '../ledger/lifecycle.ts'
import { LANES, type Lane, type ScimUser } from '../model.ts'
import type { Effect, Folded, FoldRules, LedgerEvent } from './fold.ts'
import { defaultFoldRules, flatten, fold, isObject, sameJson } from './fold.ts'
import type { Mapping } from './mapping.ts'
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
  /** The event its outcome names: the one that stands in its place, or took it out. */
  readonly by: number | null
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
  /** Makes its person active later; what it says is sent ahead, disabled, with the date. */
  announced: 'Announced',
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

export interface PlanRules {
  readonly mapping: Mapping
  readonly fold?: FoldRules
  readonly digest: (text: string) => string
}

/** Events that died only because their person was incomplete come back by themselves once it is complete. */
export const INCOMPLETE_RECORD = 'IncompleteRecord'
/** Nothing was ever heard of its operation: the directory may have taken it, so it stays in the fold. */
export const NO_OUTCOME = 'NoOutcome'

/** Whether a dead-lettered event has left the fold. */
export function leavesFold(reason: string | null): boolean {
  return reason !== INCOMPLETE_RECORD && reason !== NO_OUTCOME
}

/** What the directory should now hold of one employee, what has to be sent for it, and what becomes of each open event. Pure. */
export function planPerson(person: Person, now: number, rules: PlanRules): Decision {
  const { employee, revision } = person
  const folded = fold(person.events, now, rules.fold ?? defaultFoldRules)
  const active = folded.attributes.get('active')?.value
  const inactive = active === false
  const last = person.unanswered.at(-1)
  const overtakes = last !== undefined && inactive && last.active
  if (last !== undefined && !overtakes) return { kind: 'wait', employee, revision }

  const { record, missing } = rules.mapping.map(employee, folded.attributes)
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
  | { readonly kind: 'later'; readonly reason: string }
  | { readonly kind: 'rescinded'; readonly by: number }
  | { readonly kind: 'nothing-mapped' }
  | { readonly kind: 'surviving' }
  | { readonly kind: 'superseded'; readonly by: number; readonly settled: boolean }

function judgeOf(person: Person, folded: Folded, mapping: Mapping): (event: LedgerEvent, effect: Effect) => Share {
  const bySeq = new Map(person.events.map((event) => [event.seq, event]))
  return (event, effect) => {
    switch (effect.kind) {
      case 'later':
        return { kind: 'later', reason: REASONS.notYet }
      case 'announced':
        return { kind: 'later', reason: REASONS.announced }
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
      return decision('held', share.reason)
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
