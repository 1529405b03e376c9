import { amqp, type DecodedMessage, encodeMessage, type RheaLink } from './rhea-types.ts'
import type { WireSession } from './session.ts'
import type { Attached } from './session-contract.ts'
import type { EndOfTurn } from '../turn.ts'
import type { FlowFrame } from '../wire/frames.ts'

/** The answer of a control node (`$cbs`, `…/$management`). */
export interface Reply {
  readonly status: number
  readonly description: string
  /** AMQP condition of an error. */
  readonly condition?: string
  /** Becomes an amqp-value map; values may carry AMQP types. */
  readonly body?: Readonly<Record<string, unknown>>
}

/**
 * The link on which a control node answers. Answers are sent settled, so that the client has
 * nothing to acknowledge: that round trip costs about 40 ms under Nagle's algorithm.
 */
export class ReplyLink implements Attached, EndOfTurn {
  readonly node: string
  private readonly session: WireSession
  private readonly link: RheaLink
  private readonly pending: Buffer[] = []
  private draining = false
  private tag = 0

  constructor(session: WireSession, link: RheaLink, node: string) {
    this.session = session
    this.link = link
    this.node = node
  }

  reply(message: Buffer): void {
    this.pending.push(message)
    this.session.afterAnswers(this)
  }

  onTransfer(): void {}

  onFlow(frame: FlowFrame): void {
    this.link.credit = Math.max(
      0,
      ((frame.deliveryCount ?? 0) + (frame.linkCredit ?? 0) - this.link.delivery_count) | 0,
    )
    if (frame.drain) this.draining = true
    else this.session.flow(this.link)
    this.session.afterAnswers(this)
  }

  onRoom(): void {
    this.session.afterAnswers(this)
  }

  onGone(): void {
    this.pending.length = 0
  }

  /**
   * The acceptance of a request goes out before its answer: uAMQP crashes when it is the other way
   * round.
   */
  endTurn(): void {
    while (this.link.credit > 0 && this.session.hasRoom) {
      const message = this.pending.shift()
      if (message === undefined) break
      const tag = Buffer.alloc(4)
      tag.writeUInt32BE(this.tag >>> 0)
      this.tag += 1
      this.session.send(
        this.link,
        tag,
        message.length,
        (target, offset) => offset + message.copy(target, offset),
        undefined,
      )
      this.link.credit -= 1
      this.link.delivery_count = (this.link.delivery_count + 1) >>> 0
    }
    if (!this.draining) return
    this.draining = false
    this.link.delivery_count = (this.link.delivery_count + this.link.credit) >>> 0
    this.link.credit = 0
    this.session.flowDrained(this.link)
  }
}

/**
 * Answers `request` on the reply link of the same node and AMQP session. Both spellings of the
 * status are in use, so both are sent.
 */
export function answerRequest(
  session: WireSession,
  node: string,
  request: DecodedMessage,
  reply: Reply,
): void {
  const link = session.find((attached) => attached instanceof ReplyLink && attached.node === node)
  if (!(link instanceof ReplyLink)) return
  const status = amqp.wrap_int(reply.status)
  const properties: Record<string, unknown> = {
    statusCode: status,
    'status-code': status,
    statusDescription: reply.description,
    'status-description': reply.description,
  }
  if (reply.condition !== undefined) {
    properties['errorCondition'] = amqp.wrap_symbol(reply.condition)
    properties['error-condition'] = amqp.wrap_symbol(reply.condition)
  }
  const tracking = request.application_properties?.['com.microsoft:tracking-id']
  if (tracking !== undefined) properties['com.microsoft:tracking-id'] = tracking
  link.reply(
    encodeMessage({
      correlation_id: request.message_id,
      application_properties: properties,
      body: reply.body ?? null,
    }),
  )
}
