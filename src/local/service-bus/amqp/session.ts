import type { Fate } from '../faults.ts'
import { Outgoing } from './outgoing.ts'
import type { AmqpError, RheaLink, RheaSession } from './rhea-types.ts'
import type { Attached, SessionConnection, Unsettled, WriteBody } from './session-contract.ts'
import { drain, type EndOfTurn } from '../turn.ts'
import { type Answer, DispositionRun } from '../wire/disposition-run.ts'
import type { DispositionFrame, FlowFrame, TransferFrame } from '../wire/frames.ts'
import { MalformedError } from '../wire/reader.ts'
import { unreachable } from '../unreachable.ts'

/**
 * The transfers, flows and dispositions of one AMQP session. rhea keeps the session's and its
 * links' life; windows, delivery ids and outcomes are kept here, because rhea 3.0.5 sends more than
 * was asked for, holds at most 2048 deliveries and merges outcomes.
 */
export class WireSession implements EndOfTurn {
  readonly connection: SessionConnection
  readonly rhea: RheaSession
  private readonly links = new Map<RheaLink, Attached>()
  private readonly activeAt = new Map<RheaLink, number>()
  private readonly unsettled = new Map<number, Unsettled>()
  private readonly received: DispositionRun
  private readonly sent: DispositionRun
  private readonly outgoing: Outgoing
  /** Links that owe the peer a flow; undefined stands for the session itself. */
  private readonly owedFlows = new Set<RheaLink | undefined>()
  private readonly replies = new Set<EndOfTurn>()
  private ended = false

  constructor(connection: SessionConnection, rhea: RheaSession) {
    this.connection = connection
    this.rhea = rhea
    this.outgoing = new Outgoing(connection, rhea)
    this.received = new DispositionRun(connection.output, rhea.local.channel, true)
    this.sent = new DispositionRun(connection.output, rhea.local.channel, false)
  }

  attach(link: RheaLink, attached: Attached): void {
    this.links.set(link, attached)
    this.activeAt.set(link, this.connection.coarseNow)
  }

  get linkCount(): number {
    return this.links.size
  }

  /** Closes the links on which nothing has moved since `before`. */
  closeIdle(before: number, error: AmqpError): void {
    for (const [link, at] of this.activeAt) if (at < before) this.close(link, error)
  }

  /** Closes the links whose address at our side fits. */
  closeAt(fits: (address: string) => boolean, error: AmqpError): void {
    for (const link of this.links.keys()) {
      const address = link.is_receiver() ? link.target?.address : link.source?.address
      if (!fits(address ?? '')) continue
      if (!link.state.local_open) {
        // The attach of a receiver that waits for a session was held back.
        link.open()
        link.local.attach.source = null
        link.local.attach.target = null
      }
      this.close(link, error)
    }
  }

  detach(link: RheaLink): void {
    const attached = this.forget(link)
    if (attached === undefined) return
    for (const [id, delivery] of this.unsettled) {
      if (delivery.owner !== attached) continue
      this.unsettled.delete(id)
      delivery.orphaned()
    }
    attached.onGone()
  }

  /** Closes a link from our side; settlements already on their way are still answered. */
  close(link: RheaLink, error: AmqpError): void {
    const attached = this.forget(link)
    link.close(error)
    attached?.onGone()
  }

  /**
   * The peer has ended the session: what is owed goes out before our own end, and nothing after it.
   */
  end(): void {
    this.endTurn()
    this.ended = true
    for (const link of this.links.keys()) this.detach(link)
    this.unsettled.clear()
    this.outgoing.drop()
  }

  /** Links whose peer end asks for messages from `address`. */
  find(matches: (attached: Attached) => boolean): Attached | undefined {
    for (const attached of this.links.values()) if (matches(attached)) return attached
    return undefined
  }

  onTransfer(frame: TransferFrame): void {
    const { incoming } = this.rhea
    incoming.next_transfer_id += 1
    if (incoming.max_transfer_id - incoming.next_transfer_id < incoming.window / 2) this.flow()
    this.attachedAt(frame.handle)?.onTransfer(frame)
  }

  onFlow(frame: FlowFrame): void {
    this.outgoing.onFlow(frame)
    if (frame.handle === undefined) {
      if (frame.echo) this.flow()
      this.roomForAll()
      return
    }
    this.attachedAt(frame.handle)?.onFlow(frame)
  }

  onDisposition(frame: DispositionFrame): void {
    // About deliveries we received: the broker settles those itself, so the peer has nothing to
    // add.
    if (!frame.receiver) return
    const span = (frame.last - frame.first) >>> 0
    if (span >= this.unsettled.size) {
      for (const [id, delivery] of this.unsettled) {
        if ((id - frame.first) >>> 0 <= span) this.settle(id, delivery, frame)
      }
    } else {
      for (let offset = 0; offset <= span; offset += 1) {
        const id = (frame.first + offset) >>> 0
        const delivery = this.unsettled.get(id)
        if (delivery !== undefined) this.settle(id, delivery, frame)
      }
    }
  }

  /** Answers a delivery the peer sent us. */
  answer(deliveryId: number, answer: Answer, fate: Fate): void {
    this.after(fate, () => this.received.add(deliveryId, answer))
  }

  /** True when a message can leave now. */
  get hasRoom(): boolean {
    return (
      !this.ended &&
      this.outgoing.isOpen &&
      this.unsettled.size < this.connection.maxUnsettled &&
      this.connection.hasRoom
    )
  }

  /** The socket has drained: links that wait for room may go on. */
  roomForAll(): void {
    if (!this.hasRoom) return
    for (const attached of this.links.values()) attached.onRoom()
  }

  /**
   * Sends one message. Call it only while `hasRoom`. `unsettled` hears what the peer says about it.
   */
  send(
    link: RheaLink,
    tag: Buffer,
    sizeLimit: number,
    write: WriteBody,
    unsettled: Unsettled | undefined,
  ): void {
    this.touch(link)
    const { handle } = link.local
    const deliveryId = this.outgoing.send({ handle, tag, settled: unsettled === undefined }, sizeLimit, write)
    if (unsettled !== undefined) this.unsettled.set(deliveryId, unsettled)
  }

  /**
   * Owes the peer a flow of the link, or of the session. It goes out at the end of the turn: a peer
   * that sends its begin, attach and flow at once must not hear of a session before it hears of its
   * begin (AMQP 1.0, 2.2).
   */
  flow(link?: RheaLink): void {
    this.owedFlows.add(link)
    this.connection.turn.answer(this)
  }

  /** `work` is done at the end of the turn, when every delivery has its answer. */
  afterAnswers(work: EndOfTurn): void {
    this.replies.add(work)
    this.connection.turn.answer(this)
  }

  /**
   * Tells a draining receiver, at the end of a turn, that its credit is used up. rhea leaves the
   * drain flag out when there was none to begin with.
   */
  flowDrained(link: RheaLink): void {
    link._get_drain = () => true
    this.rhea._write_flow(link)
    link._get_drain = () => false
  }

  endTurn(): void {
    if (this.ended) return
    this.received.flush()
    this.sent.flush()
    for (const link of this.owedFlows) {
      if (link === undefined || this.links.has(link)) this.rhea._write_flow(link)
    }
    this.owedFlows.clear()
    drain(this.replies)
  }

  private settle(id: number, delivery: Unsettled, frame: DispositionFrame): void {
    if (frame.settled || (frame.state.kind !== 'none' && frame.state.kind !== 'received'))
      this.unsettled.delete(id)
    delivery.settledByPeer(frame.state, (answer, fate) => {
      if (!frame.settled) this.after(fate, () => this.sent.add(id, answer))
    })
  }

  private after(fate: Fate, answer: () => void): void {
    switch (fate.kind) {
      case 'given':
        answer()
        this.connection.turn.answer(this)
        return
      case 'late':
        setTimeout(() => this.after({ kind: 'given' }, answer), fate.delayMs).unref()
        return
      case 'lost':
        if (fate.cut) this.connection.destroy()
        return
      default:
        return unreachable(fate)
    }
  }

  private attachedAt(handle: number): Attached | undefined {
    const link = this.rhea.remote.handles[handle]
    if (link === undefined) throw new MalformedError(`there is no link with handle ${handle}`)
    // A link that we refused or closed may still have frames on the way. They are dropped.
    this.touch(link)
    return this.links.get(link)
  }

  private forget(link: RheaLink): Attached | undefined {
    const attached = this.links.get(link)
    this.links.delete(link)
    this.activeAt.delete(link)
    return attached
  }

  private touch(link: RheaLink): void {
    if (this.activeAt.has(link)) this.activeAt.set(link, this.connection.coarseNow)
  }
}
