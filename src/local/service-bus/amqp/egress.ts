import type { Consumer, MessageSource } from '../entities/consumer.ts'
import { REFUSALS } from '../errors.ts'
import type { RheaLink } from './rhea-types.ts'
import type { WireSession } from './session.ts'
import type { Attached, Unsettled } from './session-contract.ts'
import type { Outcome } from '../store/contract.ts'
import { stampOf, type StoredMessage } from '../store/message.ts'
import type { EndOfTurn } from '../turn.ts'
import { messageSizeLimit, writeMessage } from '../wire/delivery.ts'
import type { Answer } from '../wire/disposition-run.ts'
import type { DispositionState, FlowFrame } from '../wire/frames.ts'
import { outcomeOf } from '../wire/outcome.ts'
import { reorderGuid } from '../store/lock-token.ts'
import { unreachable } from '../unreachable.ts'

/**
 * A link on which the peer receives from a queue, subscription or dead-letter queue. It never sends
 * a message without credit, and always answers a drain, even when there is no credit left to drain
 * (the client waits for the answer and then closes the link).
 */
export class Egress implements Attached, Consumer, EndOfTurn {
  readonly removes: boolean
  private readonly session: WireSession
  private readonly link: RheaLink
  private readonly source: MessageSource
  private readonly now: () => number
  private draining = false

  constructor(
    session: WireSession,
    link: RheaLink,
    source: MessageSource,
    removes: boolean,
    now: () => number,
  ) {
    this.session = session
    this.link = link
    this.source = source
    this.removes = removes
    this.now = now
  }

  ready(): boolean {
    return this.link.credit > 0 && this.session.hasRoom
  }

  deliver(message: StoredMessage): void {
    const token = this.source.queue.tokens.encode({ lock: message.lock, sequence: message.sequence })
    const stamp = stampOf(message, this.removes ? undefined : token)
    const write = (target: Buffer, offset: number) => writeMessage(target, offset, message.envelope, stamp)
    const unsettled = this.removes ? undefined : this.unsettled(token)
    this.session.send(
      this.link,
      reorderGuid(token),
      messageSizeLimit(message.envelope, stamp),
      write,
      unsettled,
    )
    this.link.credit -= 1
    this.link.delivery_count = (this.link.delivery_count + 1) >>> 0
  }

  onTransfer(): void {
    // The peer receives on this link: it has nothing to send.
  }

  onFlow(frame: FlowFrame): void {
    this.link.credit = Math.max(
      0,
      ((frame.deliveryCount ?? 0) + (frame.linkCredit ?? 0) - this.link.delivery_count) | 0,
    )
    if (frame.drain) {
      this.draining = true
      this.session.connection.turn.answer(this)
    } else if (frame.echo) {
      this.session.flow(this.link)
    } else if (this.source.isEmpty) {
      // The client's socket waits for an acknowledgement before it sends its next small frame
      // (Nagle); a flow brings it one.
      this.session.flow()
    }
    if (this.link.credit > 0) this.source.offer(this)
    else this.source.withdraw(this)
  }

  onRoom(): void {
    if (this.link.credit > 0) this.source.offer(this)
  }

  onGone(): void {
    this.source.closed(this)
  }

  /** What could be delivered has been: the rest of the credit is used up. */
  endTurn(): void {
    if (!this.draining) return
    this.draining = false
    this.link.delivery_count = (this.link.delivery_count + this.link.credit) >>> 0
    this.link.credit = 0
    this.source.withdraw(this)
    this.session.flowDrained(this.link)
  }

  private unsettled(token: Buffer): Unsettled {
    return {
      owner: this,
      orphaned: () => this.source.orphaned(token, this.now()),
      settledByPeer: (state, reply) => {
        const answer = this.settle(token, state)
        if (answer !== undefined) reply(answer, this.source.fate())
      },
    }
  }

  private settle(token: Buffer, state: DispositionState): Answer | undefined {
    const outcome = outcomeOf(state)
    if (outcome === undefined) return undefined
    const settlement = this.source.settle(token, outcome, this.now())
    switch (settlement) {
      case 'settled':
        return answerTo(outcome)
      case 'lock-lost':
        return { kind: 'rejected', error: this.source.lostRefusal }
      case 'not-allowed':
        return {
          kind: 'rejected',
          error: REFUSALS.notAllowed('A message in a dead-letter queue cannot be dead-lettered.'),
        }
      default:
        return unreachable(settlement)
    }
  }
}

/** The outcome that was carried out: the Java client takes any other one for a failure. */
function answerTo(outcome: Outcome): Answer {
  switch (outcome.kind) {
    case 'complete':
      return { kind: 'accepted' }
    case 'abandon':
      return { kind: outcome.counts ? 'abandoned' : 'released' }
    case 'defer':
      return { kind: 'deferred' }
    case 'deadLetter':
      return { kind: 'deadLettered' }
    default:
      return unreachable(outcome)
  }
}
