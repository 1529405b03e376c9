import { refusals } from './errors.ts'
import type { Refusal } from './errors.ts'

/** An answer the broker owes: to a message it was sent, or to a settlement. */
export type Acknowledgement = 'sends' | 'settlements'

/**
 * Something that goes wrong on purpose. `entity` limits a fault to one address; without it every entity is meant. `count` says how often it
 * happens before it is over.
 */
export type Fault =
  /** Every connection is cut without a word, as a failing network does. */
  | { readonly kind: 'drop-connections' }
  /** Every message lock and session lock ends at once. */
  | { readonly kind: 'expire-locks'; readonly entity?: string }
  /** Answers come `delayMs` milliseconds late; what they answer has long happened. */
  | {
      readonly kind: 'slow-acknowledgements'
      readonly of: Acknowledgement
      readonly delayMs: number
      readonly count: number
      readonly entity?: string
    }
  /** The send or settlement takes effect and its answer is lost: with the connection, or (`cut: false`) alone. */
  | {
      readonly kind: 'lose-acknowledgements'
      readonly of: Acknowledgement
      readonly count: number
      readonly cut?: boolean
      readonly entity?: string
    }
  /** A completed message is acknowledged and delivered once more all the same, its delivery count raised. */
  | { readonly kind: 'deliver-twice'; readonly count: number; readonly entity?: string }
  /** Sends, new links and management requests are refused with `com.microsoft:server-busy`. */
  | { readonly kind: 'server-busy'; readonly count: number; readonly entity?: string }
  /** No message is handed out and no session granted until `resume`. */
  | { readonly kind: 'stall'; readonly entity?: string }
  /** Ends stalls, and every fault whose count is not used up. */
  | { readonly kind: 'resume' }

/** What becomes of one answer. */
export type Fate =
  | { readonly kind: 'given' }
  | { readonly kind: 'late'; readonly delayMs: number }
  | { readonly kind: 'lost'; readonly cut: boolean }

type Counted = Extract<Fault, { readonly count: number }>

const given: Fate = { kind: 'given' }

/** The counted faults in force. With none, asking costs nothing. */
export class Faults {
  private readonly active: { readonly fault: Counted; left: number }[] = []

  add(fault: Counted): void {
    if (fault.count > 0) this.active.push({ fault, left: fault.count })
  }

  clear(): void {
    this.active.length = 0
  }

  /** The refusal a send to, or a link at, this address meets. */
  busy(address: string): Refusal | undefined {
    return this.use(address, (fault) => fault.kind === 'server-busy') === undefined
      ? undefined
      : refusals.serverBusy()
  }

  fate(of: Acknowledgement, address: string): Fate {
    const fault = this.use(
      address,
      (candidate) =>
        (candidate.kind === 'slow-acknowledgements' || candidate.kind === 'lose-acknowledgements') &&
        candidate.of === of,
    )
    if (fault?.kind === 'slow-acknowledgements') return { kind: 'late', delayMs: fault.delayMs }
    if (fault?.kind === 'lose-acknowledgements') return { kind: 'lost', cut: fault.cut ?? true }
    return given
  }

  /** Whether a message just completed at this address is to come again. */
  deliversTwice(address: string): boolean {
    return this.use(address, (fault) => fault.kind === 'deliver-twice') !== undefined
  }

  private use(address: string, wanted: (fault: Counted) => boolean): Counted | undefined {
    if (this.active.length === 0) return undefined
    const index = this.active.findIndex(
      ({ fault }) => wanted(fault) && (fault.entity === undefined || sameAddress(fault.entity, address)),
    )
    const entry = this.active[index]
    if (entry === undefined) return undefined
    entry.left -= 1
    if (entry.left === 0) this.active.splice(index, 1)
    return entry.fault
  }
}

export function sameAddress(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase()
}
