import type { NativeStage } from '../../report/replay/log.ts'
import type { EventName, HrEvent } from '../../model.ts'
import type { EventState } from '../lifecycle.ts'
import type { MessageOriginal } from './dead-letters.ts'

/** What a replay asks of the ledger, and what it answers. */

/**
 * One dead letter of a frozen selection. `body` is what it says instead, and `employees` whom that is about; both are forgotten when its part is over, or
 * when one of them is erased.
 */
export type ReplayTarget = { readonly body?: string | null; readonly employees?: readonly string[] } & (
  | { readonly store: 'ledger'; readonly seq: number; readonly revision: number }
  /** `stale`: only to be taken off its shelf, because its event has had its answer. */
  | { readonly store: 'bus'; readonly entity: string; readonly sequence: string; readonly stale: boolean }
)

export interface ReplayOrder {
  /** Names the run on the bus; unique for ever. */
  readonly name: string
  /** What was asked for, in words that are the same for the same command. */
  readonly selection: string
  readonly actor: string
  readonly justification: string
  readonly targets: readonly ReplayTarget[]
}
export interface ReplayRun {
  readonly id: number
  readonly name: string
  readonly selection: string
  readonly actor: string
  readonly justification: string
  readonly createdAt: number
  readonly endedAt: number | null
  /** Who went on with it after it was stopped, when and why. */
  readonly resumed: readonly { readonly at: number; readonly actor: string; readonly justification: string }[]
  /** Entities of the bus that have a part in it. */
  readonly entities: readonly string[]
  readonly counts: Readonly<Record<NativeStage, number>>
}
export interface ReplayEntry {
  /** `dl-…`, or `<entity>#<sequence>`. */
  readonly id: string
  readonly stage: NativeStage
  readonly code: string | null
  readonly at: number | null
}
export interface ReplayItem {
  /** Of the ledger: the event's number. */
  readonly sequence: string
  readonly sendingAt: number | null
  /** What it says instead of what it said; `null` when it is not edited. */
  readonly body: string | null
}
export interface ReplayEdit {
  readonly event: HrEvent
  readonly original: MessageOriginal
}
/** A dead letter of the ledger that is to be put back, as it was or edited; or refused, with why. */
export type PutBack =
  | { readonly seq: number; readonly kind: 'as it was' }
  | ({ readonly seq: number; readonly kind: 'edited' } & ReplayEdit)
  | { readonly seq: number; readonly kind: 'refused'; readonly code: string }

/** What is known of an event by its name. */
export interface KnownEvent extends EventName {
  readonly seq: number
  readonly employeeId: string
  readonly state: EventState
  readonly revision: number
}
