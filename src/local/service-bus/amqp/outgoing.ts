import type { RheaSession } from './rhea-types.ts'
import type { SessionConnection, WriteBody } from './session-contract.ts'
import { type FlowFrame, patchFrameSize, TRANSFER_OVERHEAD, writeTransfer } from '../wire/frames.ts'

/** A message that goes out, without its body. */
interface Delivery {
  readonly handle: number
  readonly tag: Buffer
  readonly settled: boolean
}

interface HeldTransfer extends Delivery {
  readonly deliveryId: number
  readonly body: Buffer
  sent: number
}

/** The transfers that a session sends, within the window that its peer grants. */
export class Outgoing {
  private readonly connection: SessionConnection
  private readonly rhea: RheaSession
  private nextDeliveryId = 0
  private remoteWindow: number
  private remoteNextIncoming = 0
  private held: HeldTransfer | undefined

  constructor(connection: SessionConnection, rhea: RheaSession) {
    this.connection = connection
    this.rhea = rhea
    this.remoteWindow = rhea.remote.begin?.incoming_window ?? 0
  }

  /** Whether the peer accepts another message now. */
  get isOpen(): boolean {
    return this.held === undefined && this.window > 0
  }

  onFlow(frame: FlowFrame): void {
    this.remoteNextIncoming = frame.nextIncomingId ?? 0
    this.remoteWindow = frame.incomingWindow
    this.sendHeld()
  }

  /** Drops what has not left yet. */
  drop(): void {
    this.held = undefined
  }

  /** Sends one message while `isOpen`, and returns its delivery id. */
  send(delivery: Delivery, sizeLimit: number, write: WriteBody): number {
    const deliveryId = this.nextDeliveryId
    this.nextDeliveryId = (this.nextDeliveryId + 1) >>> 0
    if (TRANSFER_OVERHEAD + sizeLimit <= this.connection.peerFrameLimit) {
      this.writeFrame({ ...delivery, deliveryId, more: false }, sizeLimit, write)
      return deliveryId
    }
    const scratch = Buffer.allocUnsafe(sizeLimit)
    const body = scratch.subarray(0, write(scratch, 0))
    this.held = { ...delivery, deliveryId, body, sent: 0 }
    this.sendHeld()
    return deliveryId
  }

  /** Frames that the peer is ready to accept. Both counters are serial numbers of 32 bits. */
  private get window(): number {
    const inFlight = (this.rhea.outgoing.next_transfer_id - this.remoteNextIncoming) | 0
    return this.remoteWindow - inFlight
  }

  /**
   * A message larger than the peer's frames goes out as its window allows; nothing else of the
   * session overtakes it.
   */
  private sendHeld(): void {
    const { held } = this
    if (held === undefined) return
    const payload = this.connection.peerFrameLimit - TRANSFER_OVERHEAD
    while (held.sent < held.body.length && this.window > 0) {
      const part = held.body.subarray(held.sent, held.sent + payload)
      held.sent += part.length
      const more = held.sent < held.body.length
      this.writeFrame({ ...held, more }, part.length, (target, at) => at + part.copy(target, at))
    }
    if (held.sent >= held.body.length) this.held = undefined
  }

  private writeFrame(
    frame: Delivery & { readonly deliveryId: number; readonly more: boolean },
    sizeLimit: number,
    write: WriteBody,
  ): void {
    const { output } = this.connection
    const { channel } = this.rhea.local
    const { handle, deliveryId, tag, settled, more } = frame
    const target = output.reserve(TRANSFER_OVERHEAD + sizeLimit)
    const start = output.offset
    const at = writeTransfer(target, start, { channel, handle, deliveryId, tag, settled, more })
    const end = write(target, at)
    patchFrameSize(target, start, end)
    output.commit(end)
    this.rhea.outgoing.next_transfer_id = (this.rhea.outgoing.next_transfer_id + 1) >>> 0
  }
}
