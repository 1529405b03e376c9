import { ReplyLink, answerRequest, readRequest } from './control.ts'
import type { Reply } from './control.ts'
import { Egress } from './egress.ts'
import { refusals } from './errors.ts'
import type { Refusal } from './errors.ts'
import { Ingress } from './ingress.ts'
import type { TakeDelivery } from './ingress.ts'
import { failed, manageQueue } from './management.ts'
import type { Namespace, Node } from './namespace.ts'
import type { DecodedMessage, LinkContext, RheaLink } from './rhea-types.ts'
import type { WireSession } from './session.ts'
import type { BrokerSettings } from './settings.ts'
import { parseDelivery } from './wire/message.ts'

/** Control requests a peer may have on the way, per link. */
const requestCredit = 100

/**
 * Decides what a link the peer opens is: a sender or receiver at an entity, or one half of a control node. A link that cannot be is answered
 * as AMQP 1.0 (2.6.3) wants it: an attach without a terminus, then a detach that carries the reason.
 */
export class Nodes {
  private readonly namespace: Namespace
  private readonly settings: BrokerSettings
  private readonly now: () => number

  constructor(namespace: Namespace, settings: BrokerSettings, now: () => number) {
    this.namespace = namespace
    this.settings = settings
    this.now = now
  }

  attach(session: WireSession, { sender, receiver }: LinkContext): void {
    if (receiver !== undefined) this.attachSending(session, receiver)
    else if (sender !== undefined) this.attachReceiving(session, sender)
  }

  /** The peer sends: to an entity, or requests to a control node. */
  private attachSending(session: WireSession, link: RheaLink): void {
    const address = link.target?.address ?? ''
    const node = this.namespace.resolve(address)
    if (node === undefined) {
      link.close(refusals.entityNotFound(address))
      return
    }
    link.set_target({ address })
    link.set_source({ address: link.source?.address ?? null })
    link.local.attach.max_message_size = this.settings.maxMessageBytes
    const isControl = node.kind !== 'queue'
    const take: TakeDelivery | Refusal = isControl ? this.requests(session, address, node) : this.deliveries(address, node)
    if (typeof take !== 'function') {
      refuse(link, take)
      return
    }
    const limits = { credit: isControl ? requestCredit : this.settings.senderCredit, maxBytes: this.settings.maxMessageBytes }
    session.attach(link, new Ingress(session, link, limits, take))
  }

  /** The peer receives: from an entity, or the answers of a control node. */
  private attachReceiving(session: WireSession, link: RheaLink): void {
    const address = link.source?.address ?? ''
    const node = this.namespace.resolve(address)
    if (node === undefined) {
      link.close(refusals.entityNotFound(address))
      return
    }
    link.set_source({ address })
    link.set_target({ address: link.target?.address ?? null })
    if (node.kind !== 'queue') {
      link.local.attach.snd_settle_mode = 1
      session.attach(link, new ReplyLink(session, link, address.toLowerCase()))
      return
    }
    const { entity } = node
    if (entity.status === 'Disabled' || entity.status === 'ReceiveDisabled') {
      refuse(link, refusals.entityDisabled(address))
      return
    }
    if (entity.requiresSession) {
      refuse(
        link,
        refusals.notAllowed('It is not possible for an entity that requires sessions to create a non-sessionful message receiver.'),
      )
      return
    }
    const removes = link.snd_settle_mode === 1
    link.local.attach.snd_settle_mode = removes ? 1 : 0
    link.local.attach.rcv_settle_mode = link.rcv_settle_mode ?? 0
    session.attach(link, new Egress(session, link, entity, removes, this.now))
  }

  private deliveries(address: string, node: Node & { readonly kind: 'queue' }): TakeDelivery | Refusal {
    const { destination, entity } = node
    if (destination === undefined) return refusals.notAllowed(`Messages cannot be sent to '${address}'.`)
    if (entity.status === 'Disabled' || entity.status === 'SendDisabled') return refusals.entityDisabled(address)
    return (payload, format) => {
      const envelopes = parseDelivery(payload, format)
      if (envelopes.length > this.settings.maxBatchMessages) {
        return refusals.notAllowed(`A batch may hold ${this.settings.maxBatchMessages} messages, this one holds ${envelopes.length}.`)
      }
      return destination.accept(envelopes, this.now())
    }
  }

  private requests(session: WireSession, address: string, node: Node): TakeDelivery {
    const key = address.toLowerCase()
    return (payload) => {
      const request = readRequest(payload)
      answerRequest(session, key, request, this.reply(node, request))
      return undefined
    }
  }

  private reply(node: Node, request: DecodedMessage): Reply {
    switch (node.kind) {
      case 'cbs':
        return putToken(request)
      case 'management':
        return node.of.kind === 'queue'
          ? manageQueue(node.of.entity, request, this.now())
          : failed(404, refusals.entityNotFound(node.address))
      case 'queue':
        return failed(400, refusals.notAllowed('This node takes no requests.'))
      default:
        return node satisfies never
    }
  }
}

/** Any token is good: who may do what is not this double's business. */
function putToken(request: DecodedMessage): Reply {
  const operation = request.application_properties?.['operation']
  if (operation !== 'put-token') return failed(400, refusals.notImplemented(`The operation '${String(operation)}' is not supported.`))
  return { status: 202, description: 'Accepted' }
}

function refuse(link: RheaLink, error: Refusal): void {
  link.local.attach.source = null
  link.local.attach.target = null
  link.close(error)
}
