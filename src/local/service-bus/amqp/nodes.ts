import { answerRequest, type Reply, ReplyLink } from './control.ts'
import { Egress } from './egress.ts'
import type { Destination, QueueEntity } from '../entities/entity.ts'
import { type Refusal, REFUSALS } from '../errors.ts'
import type { Fate, Faults } from '../faults.ts'
import { Ingress, type TakeDelivery } from './ingress.ts'
import { failed } from '../management/answers.ts'
import { manage } from '../management/operations.ts'
import type { Node } from '../entities/address-table.ts'
import type { Namespace } from '../entities/namespace.ts'
import { pathOf } from '../entities/address.ts'
import type { DecodedMessage, LinkContext, RheaLink } from './rhea-types.ts'
import { attachNamedSession, attachNextSession, requestedSession } from './session-link.ts'
import type { WireSession } from './session.ts'
import type { BrokerSettings } from '../settings.ts'
import { terminusOf } from './rhea-attach.ts'
import { entitySource } from './source.ts'
import { parseDelivery } from '../wire/message.ts'
import { decodeRequest } from '../wire/request.ts'
import { unreachable } from '../unreachable.ts'

/** Control requests a peer may have on the way, per link. */
const REQUEST_CREDIT = 100

/**
 * Decides what a link the peer opens is: a sender or receiver at an entity, or one half of a
 * control node. A link that cannot be is answered as AMQP 1.0 (2.6.3) wants it: an attach without a
 * terminus, then a detach that carries the reason.
 */
export class Nodes {
  private readonly namespace: Namespace
  private readonly settings: BrokerSettings
  private readonly faults: Faults
  private readonly now: () => number

  constructor(namespace: Namespace, settings: BrokerSettings, faults: Faults, now: () => number) {
    this.namespace = namespace
    this.settings = settings
    this.faults = faults
    this.now = now
  }

  attach(session: WireSession, { sender, receiver }: LinkContext): void {
    if (receiver !== undefined) this.attachSending(session, receiver)
    else if (sender !== undefined) this.attachReceiving(session, sender)
  }

  /** The peer sends: to an entity, or requests to a control node. */
  private attachSending(session: WireSession, link: RheaLink): void {
    const target = terminusOf(link.target)
    if (target === undefined) {
      refuse(
        link,
        REFUSALS.notImplemented('Transactions are not supported: the link has no target with an address.'),
      )
      return
    }
    const address = target.address ?? ''
    const node = this.namespace.addresses.resolve(address)
    if (node === undefined) {
      refuse(link, REFUSALS.entityNotFound(address, session.connection.host))
      return
    }
    link.set_target({ address })
    link.set_source({ address: terminusOf(link.source)?.address ?? null })
    const isControl = node.kind === 'cbs' || node.kind === 'management'
    const maxBytes =
      (isControl ? undefined : node.destination?.maxMessageBytes) ?? this.settings.maxMessageBytes
    link.local.attach.max_message_size = maxBytes
    const take = isControl
      ? this.requests(session, address, node)
      : this.deliveries(address, node.destination)
    if (typeof take !== 'function') {
      refuse(link, take)
      return
    }
    const fate = (): Fate => (isControl ? { kind: 'given' } : this.faults.fate('sends', address))
    const limits = {
      credit: isControl ? REQUEST_CREDIT : this.settings.senderCredit,
      maxBytes,
      oversized: this.settings.oversizedMessage,
    }
    session.attach(link, new Ingress(session, link, limits, take, fate))
  }

  /** The peer receives: from an entity, or the answers of a control node. */
  private attachReceiving(session: WireSession, link: RheaLink): void {
    const address = terminusOf(link.source)?.address ?? ''
    const node = this.namespace.addresses.resolve(address)
    if (node === undefined) {
      refuse(link, REFUSALS.entityNotFound(address, session.connection.host))
      return
    }
    link.set_source({ address })
    link.set_target({ address: terminusOf(link.target)?.address ?? null })
    if (node.kind === 'cbs' || node.kind === 'management') {
      link.local.attach.snd_settle_mode = 1
      link.local.attach.max_message_size = this.settings.maxMessageBytes
      session.attach(link, new ReplyLink(session, link, address.toLowerCase()))
      return
    }
    if (node.kind === 'topic') {
      refuse(
        link,
        REFUSALS.notAllowed(`'${address}' is a topic: messages are received from its subscriptions.`),
      )
      return
    }
    this.attachToEntity(session, link, address, node.entity)
  }

  private attachToEntity(session: WireSession, link: RheaLink, address: string, entity: QueueEntity): void {
    if (entity.status === 'Disabled' || entity.status === 'ReceiveDisabled') {
      refuse(link, REFUSALS.entityDisabled(address))
      return
    }
    const busy = this.faults.busy(entity.address)
    if (busy !== undefined) {
      refuse(link, busy)
      return
    }
    link.local.attach.max_message_size = this.settings.maxMessageBytes
    const removes = link.snd_settle_mode === 1
    link.local.attach.snd_settle_mode = removes ? 1 : 0
    link.local.attach.rcv_settle_mode = link.rcv_settle_mode ?? 0
    const wanted = requestedSession(link)
    const { desk } = entity
    if (desk === undefined) {
      if (wanted !== undefined)
        refuse(
          link,
          REFUSALS.notAllowed(
            'A sessionful message receiver cannot be created on an entity that does not require sessions.',
          ),
        )
      else
        session.attach(
          link,
          new Egress(
            session,
            link,
            entitySource(entity, this.faults, this.settings.locksAfterDetach),
            removes,
            this.now,
          ),
        )
      return
    }
    if (wanted === undefined) {
      refuse(
        link,
        REFUSALS.notAllowed(
          'It is not possible for an entity that requires sessions to create a non-sessionful message receiver.',
        ),
      )
      return
    }
    const context = {
      session,
      link,
      address,
      desk,
      removes,
      faults: this.faults,
      now: this.now,
      defaultWaitMs: this.settings.sessionWaitMs,
    }
    if (wanted === null) attachNextSession(context)
    else attachNamedSession(context, wanted)
  }

  private deliveries(address: string, destination: Destination | undefined): TakeDelivery | Refusal {
    if (destination === undefined) return REFUSALS.notAllowed(`Messages cannot be sent to '${address}'.`)
    if (destination.status === 'Disabled' || destination.status === 'SendDisabled')
      return REFUSALS.entityDisabled(address)
    return (payload, format) =>
      this.faults.busy(destination.address) ??
      destination.accept(parseDelivery(payload, format, this.settings.missingMessageId), this.now())
  }

  private requests(
    session: WireSession,
    address: string,
    node: Node & { readonly kind: 'cbs' | 'management' },
  ): TakeDelivery {
    const key = address.toLowerCase()
    return (payload) => {
      const request = decodeRequest(payload)
      answerRequest(session, key, request, this.reply(node, request, session.connection.host))
      return undefined
    }
  }

  private reply(
    node: Node & { readonly kind: 'cbs' | 'management' },
    request: DecodedMessage,
    host: string,
  ): Reply {
    switch (node.kind) {
      case 'cbs': {
        const audience = request.application_properties?.['name']
        const refused = this.faults.refusedToken(pathOf(typeof audience === 'string' ? audience : ''))
        return refused === undefined ? this.putToken(request, host) : failed(401, refused)
      }
      case 'management':
        return this.manageUnlessBusy(node.of, request)
      default:
        return unreachable(node)
    }
  }

  /**
   * Any token is good: who may do what is not this double's business. What it is for has to exist.
   */
  private putToken(request: DecodedMessage, host: string): Reply {
    const operation = request.application_properties?.['operation']
    if (operation !== 'put-token')
      return failed(400, REFUSALS.notImplemented(`The operation '${String(operation)}' is not supported.`))
    const audience = request.application_properties?.['name']
    if (typeof audience === 'string' && !this.namespace.addresses.covers(audience))
      return failed(404, REFUSALS.entityNotFound(audience, host))
    return { status: 202, description: 'Accepted' }
  }

  private manageUnlessBusy(of: Node, request: DecodedMessage): Reply {
    const busy = of.kind === 'queue' || of.kind === 'topic' ? this.faults.busy(of.entity.address) : undefined
    return busy === undefined ? manage(of, request, this.now()) : failed(503, busy)
  }
}

function refuse(link: RheaLink, error: Refusal): void {
  link.local.attach.source = null
  link.local.attach.target = null
  link.close(error)
}
