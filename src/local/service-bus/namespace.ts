import type { BrokerConfig, QueueConfig, TopicConfig } from './config.ts'
import { destinationOf } from './destination.ts'
import { QueueEntity } from './entity.ts'
import type { Destination } from './entity.ts'
import { amqp } from './rhea-types.ts'
import type { Typed } from './rhea-types.ts'
import type { Persistence } from './persistence.ts'
import type { BrokerSettings } from './settings.ts'
import { directArrival } from './store/contract.ts'
import type { Arrival, DeadLetter, QueueHooks, QueueSpec } from './store/contract.ts'
import type { StoredMessage } from './store/message.ts'
import { MessageQueue } from './store/queue.ts'
import { RuleSet, fanOut } from './topic.ts'
import type { Subscription } from './topic.ts'
import type { Turn } from './turn.ts'
import { withApplicationProperties } from './wire/message.ts'
import type { Envelope } from './wire/message.ts'

/** What an address stands for. */
export type Node =
  | {
      readonly kind: 'queue'
      readonly entity: QueueEntity
      /** Undefined where nothing can be sent: subscriptions and dead-letter queues. */
      readonly destination: Destination | undefined
      /** Only subscriptions have rules. */
      readonly rules: RuleSet | undefined
    }
  | { readonly kind: 'topic'; readonly entity: QueueEntity; readonly destination: Destination }
  | { readonly kind: 'management'; readonly address: string; readonly of: Node }
  | { readonly kind: 'cbs' }

const managementSuffix = '/$management'

/** A message may be forwarded this often [documented]. */
const maxHops = 4

interface EntityFields {
  readonly spec: QueueSpec
  readonly status: QueueConfig['status']
  readonly deadLetters: QueueEntity | undefined
  readonly pass?: QueueHooks['pass']
  readonly deadLettered?: QueueHooks['deadLettered']
}

/** Every entity of the namespace by its address; addresses are compared without regard to case, as the service does. */
export class Namespace {
  private readonly nodes = new Map<string, Node>()
  private readonly settings: BrokerSettings
  private readonly turn: Turn
  private readonly now: () => number
  private readonly persistence: Persistence | undefined

  constructor(
    config: BrokerConfig,
    settings: BrokerSettings,
    turn: Turn,
    now: () => number,
    persistence?: Persistence,
  ) {
    this.settings = settings
    this.turn = turn
    this.now = now
    this.persistence = persistence
    for (const queue of config.queues) {
      const entity = this.addQueueLike(queue.name, queue)
      this.set(queue.name, {
        kind: 'queue',
        entity,
        destination: destinationOf(entity, settings),
        rules: undefined,
      })
    }
    for (const topic of config.topics) this.addTopic(topic)
    if (persistence === undefined) return
    for (const { address, queue } of this.entities()) queue.restore(persistence.saved(address.toLowerCase()))
  }

  /** Every queue, topic, subscription and dead-letter queue. */
  *entities(): Generator<QueueEntity> {
    for (const node of this.nodes.values())
      if (node.kind === 'queue' || node.kind === 'topic') yield node.entity
  }

  entity(address: string): QueueEntity | undefined {
    const node = this.nodes.get(address.toLowerCase())
    return node?.kind === 'queue' || node?.kind === 'topic' ? node.entity : undefined
  }

  /** Undefined when there is no such entity. Addresses may be absolute (`sb://host/queue`) or relative. */
  resolve(address: string): Node | undefined {
    const path = address.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/^\/+|\/+$/g, '')
    const key = path.toLowerCase()
    if (key === '$cbs') return { kind: 'cbs' }
    if (!key.endsWith(managementSuffix)) return this.nodes.get(key)
    const of = this.resolve(path.slice(0, -managementSuffix.length))
    return of === undefined || of.kind === 'cbs' ? undefined : { kind: 'management', address, of }
  }

  private set(address: string, node: Node): void {
    this.nodes.set(address.toLowerCase(), node)
  }

  private addTopic(config: TopicConfig): void {
    const subscriptions: Subscription[] = config.subscriptions.map((subscription) => {
      const address = `${config.name}/Subscriptions/${subscription.name}`
      const entity = this.addQueueLike(address, subscription)
      const rules = new RuleSet(this.persistence?.savedRules(address) ?? subscription.rules, (changed) =>
        this.persistence?.keepRules(address, changed),
      )
      this.set(address, { kind: 'queue', entity, destination: undefined, rules })
      return { name: subscription.name, entity, rules }
    })
    const spec: QueueSpec = {
      ...keeping(config.name),
      duplicateWindowMs: config.duplicateWindowMs,
      defaultTtlMs: config.defaultTtlMs,
      partitioned: config.partitioned,
    }
    const entity = this.build({
      spec,
      status: config.status,
      deadLetters: undefined,
      pass: (passing, now) =>
        fanOut(subscriptions, { ...passing, envelope: withTtl(passing.envelope, config.defaultTtlMs) }, now),
    })
    this.set(config.name, { kind: 'topic', entity, destination: destinationOf(entity, this.settings) })
  }

  /** A queue or subscription with its two dead-letter queues; the caller says what stands at its address. */
  private addQueueLike(address: string, config: QueueConfig): QueueEntity {
    const { status, forwardTo } = config
    const deadLetters = this.addDeadLetters(`${address}/$DeadLetterQueue`, address, config)
    const transferDeadLetters = this.addDeadLetters(`${address}/$Transfer/$DeadLetterQueue`, address, {
      ...config,
      forwardDeadLettersTo: undefined,
    })
    const spec: QueueSpec = {
      address,
      lockDurationMs: config.lockDurationMs,
      maxDeliveryCount: config.maxDeliveryCount,
      duplicateWindowMs: config.duplicateWindowMs,
      defaultTtlMs: config.defaultTtlMs,
      deadLetterOnExpiration: config.deadLetterOnExpiration,
      isDeadLetterQueue: false,
      requiresSession: config.requiresSession,
      partitioned: config.partitioned,
    }
    return this.build({
      spec,
      status,
      deadLetters,
      deadLettered: (message, envelope, letter, now) =>
        this.bury(deadLetters, message, envelope, letter, now),
      ...(forwardTo !== undefined && {
        pass: ({ envelope, sequence, arrival }, now) => {
          const onward = {
            ...directArrival,
            hops: arrival.hops + 1,
            originalSequence: arrival.originalSequence ?? sequence,
            deadLetterSource: arrival.deadLetterSource,
          }
          this.forward(forwardTo, transferDeadLetters, envelope, onward, now)
        },
      }),
    })
  }

  private addDeadLetters(address: string, parent: string, config: QueueConfig): QueueEntity {
    const { forwardDeadLettersTo } = config
    const entity = this.build({
      spec: { ...keeping(address), lockDurationMs: config.lockDurationMs, partitioned: config.partitioned },
      status: config.status,
      deadLetters: undefined,
      ...(forwardDeadLettersTo !== undefined && {
        pass: ({ envelope, sequence, arrival }, now) => {
          const onward = {
            ...directArrival,
            hops: arrival.hops + 1,
            originalSequence: arrival.originalSequence ?? sequence,
            deadLetterSource: parent,
          }
          this.forward(forwardDeadLettersTo, undefined, envelope, onward, now)
        },
      }),
    })
    this.set(address, { kind: 'queue', entity, destination: undefined, rules: undefined })
    return entity
  }

  private build({ spec, status, deadLetters, pass, deadLettered }: EntityFields): QueueEntity {
    const hooks: QueueHooks = {
      available: (sessionId) => entity.available(sessionId),
      sessionExpired: (sessionId) => entity.desk?.expired(sessionId),
      deadLettered: deadLettered ?? (() => {}),
      ...(pass !== undefined && { pass }),
    }
    const entity: QueueEntity = new QueueEntity(
      {
        address: spec.address,
        queue: new MessageQueue(spec, hooks, this.persistence?.journal(spec.address.toLowerCase())),
        status,
        deadLetters,
      },
      this.turn,
      this.now,
    )
    return entity
  }

  /** Passes a message on; what cannot be goes to `fallback`, the transfer dead-letter queue of the entity it comes from. */
  private forward(
    address: string,
    fallback: QueueEntity | undefined,
    envelope: Envelope,
    arrival: Arrival,
    now: number,
  ): void {
    const node = this.resolve(address)
    const target = node?.kind === 'queue' || node?.kind === 'topic' ? node.entity : undefined
    const fail = (reason: string, description: string) => {
      const bare = withApplicationProperties(
        envelope.bare,
        lettered({ reason, description, properties: new Map() }),
      )
      fallback?.queue.enqueue({ ...envelope, bare }, now, arrival)
    }
    if (target === undefined || target.status === 'Disabled' || target.status === 'SendDisabled') {
      fail(
        'MessagingEntityNotFound',
        `The message could not be forwarded to '${address}': it does not exist or does not take messages.`,
      )
    } else if (arrival.hops > maxHops) {
      fail('MaxTransferHopCountExceeded', `The message was forwarded more than ${maxHops} times.`)
    } else if (
      target.queue.spec.requiresSession &&
      envelope.sessionId === undefined &&
      target.deadLetters !== undefined
    ) {
      const letter = {
        reason: 'Session ID is null',
        description: 'A message without a session id was forwarded to an entity that requires sessions.',
      }
      const bare = withApplicationProperties(envelope.bare, lettered({ ...letter, properties: new Map() }))
      target.deadLetters.queue.enqueue({ ...envelope, bare }, now, arrival)
    } else {
      target.queue.enqueue(envelope, now, arrival)
    }
  }

  private bury(
    target: QueueEntity,
    message: StoredMessage,
    envelope: Envelope,
    letter: DeadLetter,
    now: number,
  ): void {
    const bare = withApplicationProperties(envelope.bare, lettered(letter))
    target.queue.enqueue({ ...envelope, bare }, now, {
      deliveryCount: message.deliveryCount,
      sequence: this.settings.deadLetterSequence === 'keep' ? message.sequence : undefined,
      enqueuedAt: message.enqueuedAt,
      originalSequence: message.originalSequence,
      deadLetterSource: message.deadLetterSource,
      hops: message.hops,
    })
  }
}

/** A store that expires nothing, counts nothing out and knows no sessions: dead-letter queues, and what a topic keeps. */
function keeping(address: string): QueueSpec {
  return {
    address,
    lockDurationMs: 60_000,
    maxDeliveryCount: Infinity,
    duplicateWindowMs: undefined,
    defaultTtlMs: Infinity,
    deadLetterOnExpiration: false,
    isDeadLetterQueue: true,
    requiresSession: false,
    partitioned: false,
  }
}

function lettered({ reason, description, properties }: DeadLetter): Map<string, Typed> {
  const all = new Map<string, Typed>(properties)
  if (reason !== undefined) all.set('DeadLetterReason', amqp.wrap_string(reason))
  if (description !== undefined) all.set('DeadLetterErrorDescription', amqp.wrap_string(description))
  return all
}

function withTtl(envelope: Envelope, limitMs: number): Envelope {
  const ttlMs = Math.min(envelope.ttlMs ?? Infinity, limitMs)
  return Number.isFinite(ttlMs) && ttlMs !== envelope.ttlMs ? { ...envelope, ttlMs } : envelope
}
