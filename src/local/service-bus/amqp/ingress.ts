import { type Refusal, REFUSALS } from '../errors.ts'
import type { Fate } from '../faults.ts'
import type { RheaLink } from './rhea-types.ts'
import type { WireSession } from './session.ts'
import type { Attached } from './session-contract.ts'
import { ACCEPTED } from '../wire/disposition-run.ts'
import type { FlowFrame, TransferFrame } from '../wire/frames.ts'
import { MalformedError } from '../wire/reader.ts'

export interface IngressLimits {
  readonly credit: number
  readonly maxBytes: number
  /** See `BrokerSettings.oversizedMessage`. */
  readonly oversized: 'detach' | 'reject'
}

/** Takes one complete delivery; the refusal says why it was not taken. */
export type TakeDelivery = (payload: Buffer, format: number) => Refusal | undefined

/**
 * A link on which the peer sends. Credit is granted in the same write as the attach, because
 * `@azure/service-bus` sleeps a second when a fresh sender has none, and topped up when half of it
 * is used.
 */
export class Ingress implements Attached {
  private readonly session: WireSession
  private readonly link: RheaLink
  private readonly credit: number
  private readonly maxBytes: number
  private readonly oversized: IngressLimits['oversized']
  private readonly take: TakeDelivery
  private readonly fate: () => Fate
  private parts: Buffer[] = []
  private size = 0
  private format = 0
  private deliveryId: number | undefined
  private closed = false

  constructor(
    session: WireSession,
    link: RheaLink,
    limits: IngressLimits,
    take: TakeDelivery,
    fate: () => Fate,
  ) {
    this.session = session
    this.link = link
    this.credit = limits.credit
    this.maxBytes = limits.maxBytes
    this.oversized = limits.oversized
    this.take = take
    this.fate = fate
    link.flow(this.credit)
  }

  onTransfer(frame: TransferFrame): void {
    if (this.closed) return
    if (this.deliveryId === undefined) {
      if (frame.deliveryId === undefined)
        throw new MalformedError('the first transfer of a delivery has no delivery-id')
      this.deliveryId = frame.deliveryId
      this.format = frame.format
    }
    if (frame.aborted) {
      this.reset()
      this.used()
      return
    }
    this.size += frame.payload.length
    const tooLarge = this.size > this.maxBytes
    if (tooLarge && this.oversized === 'detach') {
      this.refuseLink(REFUSALS.messageTooLarge(this.size, this.maxBytes))
      return
    }
    // What is going to be rejected is not kept.
    if (tooLarge) this.parts = []
    else this.parts.push(frame.payload)
    if (frame.more) return
    if (tooLarge) {
      this.rejectWhole(REFUSALS.messageTooLarge(this.size, this.maxBytes), this.deliveryId, frame.settled)
      return
    }
    const [only] = this.parts
    const payload =
      this.parts.length === 1 && only !== undefined ? only : Buffer.concat(this.parts, this.size)
    const { deliveryId, format } = this
    this.reset()
    this.used()
    const refusal = this.taken(payload, format)
    if (!frame.settled)
      this.session.answer(
        deliveryId,
        refusal === undefined ? ACCEPTED : { kind: 'rejected', error: refusal },
        this.fate(),
      )
  }

  onFlow(frame: FlowFrame): void {
    if (frame.echo) this.session.flow(this.link)
  }

  onRoom(): void {}

  onGone(): void {
    this.closed = true
    this.reset()
  }

  private rejectWhole(error: Refusal, deliveryId: number, settled: boolean): void {
    this.reset()
    this.used()
    if (!settled) this.session.answer(deliveryId, { kind: 'rejected', error }, this.fate())
  }

  private taken(payload: Buffer, format: number): Refusal | undefined {
    try {
      return this.take(payload, format)
    } catch (error) {
      if (error instanceof MalformedError || error instanceof RangeError)
        return REFUSALS.decodeError(error.message)
      throw error
    }
  }

  private used(): void {
    this.link.credit -= 1
    this.link.delivery_count += 1
    if (this.link.credit <= this.credit / 2) this.link.flow(this.credit - this.link.credit)
  }

  private refuseLink(error: Refusal): void {
    this.closed = true
    this.reset()
    this.link.close(error)
  }

  private reset(): void {
    this.parts = []
    this.size = 0
    this.deliveryId = undefined
  }
}
