import { isFinal } from '../ledger/lifecycle.ts'
import { LANES, type Lane, type ScimUser } from '../model.ts'
import { defaultFoldRules, fold, type FoldRules, isObject } from './fold.ts'
import { decide, judgeOf, reopens } from './judge.ts'
import type { Mapping } from './mapping.ts'
import type { EventDecision, Person } from './person.ts'
import { ENTERPRISE_USER } from './scim.ts'
import { standing } from './standing.ts'

export {
  type EventDecision,
  INCOMPLETE_RECORD,
  leavesFold,
  NO_OUTCOME,
  type Person,
  type PersonEvent,
  REASONS,
  type UnansweredOperation,
} from './person.ts'

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

/** What the directory should now hold of one employee, what has to be sent for it, and what becomes of each open event. Pure. */
export function planPerson(person: Person, now: number, rules: PlanRules): Decision {
  const { employee, revision } = person
  const folded = fold(person.events, now, rules.fold ?? defaultFoldRules)
  const attributes = standing(person, folded)
  const active = attributes.get('active')?.value
  const inactive = active === false
  const last = person.unanswered.at(-1)
  const overtakes = last !== undefined && inactive && last.active
  if (last !== undefined && !overtakes) return { kind: 'wait', employee, revision }

  const { record, missing } = rules.mapping.map(employee, attributes)
  // A leaver does not wait for the rest of the record: the directory may know the person.
  const incomplete = inactive ? [] : missing
  const json = JSON.stringify(record)
  const hash = rules.digest(json)
  const something = incomplete.length === 0 && attributes.size > 0
  const send = something && (overtakes || hash !== person.takenHash)

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

/** The number the queue is ordered by. */
export function laneOrder(lane: Lane): number {
  return LANES[lane]
}
