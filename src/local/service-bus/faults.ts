import * as z from 'zod'
import { type Refusal, REFUSALS } from './errors.ts'

const entity = z.string().min(1).exactOptional()
const count = z.int().min(1)
// A timer takes no more.
const ms = z
  .int()
  .min(1)
  .max(2 ** 31 - 1)
/** An answer the broker owes: to a message it was sent, or to a settlement. */
const acknowledgement = z.enum(['sends', 'settlements'])
const error = { condition: z.string().min(1).exactOptional(), description: z.string().exactOptional() }

/**
 * Something that goes wrong on purpose. `entity` limits a fault to one address; without it every
 * entity is meant. `count` says how often it happens before it is over; `forMs` ends it after that
 * many milliseconds, `resume` at once.
 */
export const faultSchema = z.discriminatedUnion('kind', [
  /** Every connection is cut without a word, as a failing network does. */
  z.strictObject({ kind: z.literal('drop-connections') }),
  /** Every connection is closed with an error; `amqp:connection:forced` unless told otherwise. */
  z.strictObject({ kind: z.literal('close-connections'), ...error }),
  /**
   * Connections are half open: the broker neither reads nor writes, and the peer hears no end. New
   * connections work.
   */
  z.strictObject({ kind: z.literal('freeze-connections'), forMs: ms.exactOptional() }),
  /**
   * Every link at the entity is detached with an error; `amqp:link:detach-forced` unless told
   * otherwise.
   */
  z.strictObject({ kind: z.literal('detach-links'), entity, ...error }),
  /** Every link at the entity is detached as when the token it was opened with has run out. */
  z.strictObject({ kind: z.literal('expire-tokens'), entity }),
  /** Tokens put at `$cbs`, and those of HTTP requests, are refused as not valid. */
  z.strictObject({ kind: z.literal('refuse-tokens'), count, entity }),
  /** The entity does not exist, and comes back with everything it held. */
  z.strictObject({ kind: z.literal('vanish'), entity: z.string().min(1), forMs: ms.exactOptional() }),
  /** Every message lock and session lock ends at once. */
  z.strictObject({ kind: z.literal('expire-locks'), entity }),
  /** Answers come `delayMs` milliseconds late; what they answer has long happened. */
  z.strictObject({
    kind: z.literal('slow-acknowledgements'),
    of: acknowledgement,
    delayMs: ms,
    count,
    entity,
  }),
  /**
   * The send or settlement takes effect and its answer is lost: with the connection, or (`cut:
   * false`) alone.
   */
  z.strictObject({
    kind: z.literal('lose-acknowledgements'),
    of: acknowledgement,
    count,
    cut: z.boolean().exactOptional(),
    entity,
  }),
  /**
   * A completed message is acknowledged and delivered once more all the same, its delivery count
   * raised.
   */
  z.strictObject({ kind: z.literal('deliver-twice'), count, entity }),
  /**
   * Sends, new links and requests, those over HTTP among them, are refused with
   * `com.microsoft:server-busy`.
   */
  z.strictObject({ kind: z.literal('server-busy'), count, entity }),
  /** No message is handed out and no session granted until `resume`. */
  z.strictObject({ kind: z.literal('stall'), entity }),
  /** Ends everything that lasts, and every fault whose count is not used up. */
  z.strictObject({ kind: z.literal('resume') }),
])

export type Fault = Readonly<z.output<typeof faultSchema>>
export type Acknowledgement = z.output<typeof acknowledgement>

/** A fault in force. */
export interface ActiveFault {
  readonly fault: Fault
  /** How often it is still to happen; undefined for one that lasts. */
  readonly left: number | undefined
}

/** What happens to one answer. */
export type Fate =
  | { readonly kind: 'given' }
  | { readonly kind: 'late'; readonly delayMs: number }
  | { readonly kind: 'lost'; readonly cut: boolean }

type Counted = Extract<Fault, { readonly count: number }>
/** Lasts until `resume`, or until its time is over. */
export type Lasting = Extract<Fault, { readonly kind: 'stall' | 'vanish' | 'freeze-connections' }>

const GIVEN: Fate = { kind: 'given' }

/** The counted faults in force. With none, asking costs nothing. */
export class Faults {
  private readonly active: { readonly fault: Counted; left: number }[] = []
  private readonly lasting = new Set<Lasting>()

  add(fault: Counted): void {
    if (fault.count > 0) this.active.push({ fault, left: fault.count })
  }

  /** Notes a fault that lasts, for `list`. */
  begin(fault: Lasting): void {
    this.lasting.add(fault)
  }

  /** Whether the fault was still in force. */
  end(fault: Lasting): boolean {
    return this.lasting.delete(fault)
  }

  list(): ActiveFault[] {
    const lasting = [...this.lasting].map((fault) => ({ fault, left: undefined }))
    return [...lasting, ...this.active.map(({ fault, left }) => ({ fault, left }))]
  }

  clear(): void {
    this.active.length = 0
    this.lasting.clear()
  }

  /** The refusal a send to, or a link at, this address meets. */
  busy(address: string): Refusal | undefined {
    return this.use(address, (fault) => fault.kind === 'server-busy') === undefined
      ? undefined
      : REFUSALS.serverBusy()
  }

  /** The refusal a token for this address meets. */
  refusedToken(address: string): Refusal | undefined {
    return this.use(address, (fault) => fault.kind === 'refuse-tokens') === undefined
      ? undefined
      : REFUSALS.tokenRefused()
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
    return GIVEN
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
