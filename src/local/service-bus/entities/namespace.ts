import type { BrokerConfig, QueueConfig, SubscriptionConfig } from '../config.ts'
import { AddressTable } from './address-table.ts'
import { definitionsOf } from './definitions.ts'
import { destinationOf } from './destination.ts'
import { type Destination, QueueEntity } from './entity.ts'
import { type Refusal, REFUSALS } from '../errors.ts'
import {
  type Definition,
  keeping,
  ManagedQueue,
  type ManagedSubscription,
  type ManagedTopic,
  type Station,
  type Surroundings,
  type Times,
  type TopicOwnConfig,
} from './managed.ts'
import type { Persistence } from './persistence.ts'
import type { BrokerSettings } from '../settings.ts'
import type { QueueHooks, QueueSpec } from '../store/contract.ts'
import { MessageQueue } from '../store/queue.ts'
import { RuleSet, fanOut } from './topic.ts'
import type { Turn } from '../turn.ts'
import type { Envelope } from '../wire/message.ts'
import { unreachable } from '../unreachable.ts'

/**
 * Every entity of the namespace by its address; addresses are compared without regard to case, as
 * the service does. Entities can be created, changed and deleted at any time.
 */
export class Namespace implements Surroundings {
  readonly settings: BrokerSettings
  readonly createdAt: number
  /** Ends the links at an address and below it. */
  detach: (address: string, error: Refusal) => void = () => {}
  readonly addresses = new AddressTable()
  private readonly queueTable = new Map<string, ManagedQueue>()
  private readonly topicTable = new Map<string, ManagedTopic>()
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
    this.createdAt = now()
    const times = { createdAt: this.createdAt, changedAt: this.createdAt }
    for (const definition of definitionsOf(config, times, persistence?.savedDefinitions()))
      this.define(definition)
    if (persistence === undefined) return
    for (const { address, queue } of this.addresses.entities())
      queue.restore(persistence.saved(address.toLowerCase()))
  }

  /**
   * The entity cannot be reached, and keeps what it holds. The management API goes on knowing it.
   */
  hide(address: string): void {
    this.addresses.hide(address)
    this.detach(address, REFUSALS.entityNotFound(address))
  }

  queues(): ManagedQueue[] {
    return [...this.queueTable.values()]
  }

  topics(): ManagedTopic[] {
    return [...this.topicTable.values()]
  }

  queue(name: string): ManagedQueue | undefined {
    return this.queueTable.get(name.toLowerCase())
  }

  topic(name: string): ManagedTopic | undefined {
    return this.topicTable.get(name.toLowerCase())
  }

  /** Call it only where the address is free. */
  createQueue(config: QueueConfig): ManagedQueue {
    const definition = { kind: 'queue', config, times: this.newTimes() } as const
    this.persistence?.keepDefinition(config.name, definition)
    return this.addQueue(config, definition.times)
  }

  /** Call it only where the address is free. */
  createTopic(config: TopicOwnConfig): ManagedTopic {
    const definition = { kind: 'topic', config, times: this.newTimes() } as const
    this.persistence?.keepDefinition(config.name, definition)
    return this.addTopic(config, definition.times)
  }

  /**
   * Call it only where the address is free. Throws SqlSyntaxError for a rule that cannot be read.
   */
  createSubscription(topic: ManagedTopic, config: SubscriptionConfig): ManagedSubscription {
    const times = this.newTimes()
    const subscription = this.addSubscription(topic, config, times)
    const { name } = topic.config
    this.persistence?.keepDefinition(subscription.queue.address, {
      kind: 'subscription',
      topic: name,
      config,
      times,
    })
    return subscription
  }

  changeQueue(queue: ManagedQueue, config: QueueConfig): void {
    queue.change(config, this.now())
    this.persistence?.keepDefinition(queue.address, { kind: 'queue', config, times: queue.times })
    this.detachFromClosed(queue.entity)
  }

  changeTopic(topic: ManagedTopic, config: TopicOwnConfig): void {
    topic.config = config
    topic.times = { ...topic.times, changedAt: this.now() }
    topic.entity.status = config.status
    topic.entity.queue.changeSpec(topicSpec(config))
    this.persistence?.keepDefinition(config.name, { kind: 'topic', config, times: topic.times })
    this.detachFromClosed(topic.entity)
  }

  changeSubscription(topic: ManagedTopic, { queue }: ManagedSubscription, config: SubscriptionConfig): void {
    queue.change(config, this.now())
    const { name } = topic.config
    this.persistence?.keepDefinition(queue.address, {
      kind: 'subscription',
      topic: name,
      config,
      times: queue.times,
    })
    this.detachFromClosed(queue.entity)
  }

  /** Deletes a queue with everything it holds. Its links are detached. */
  deleteQueue(queue: ManagedQueue): void {
    this.remove(queue.address, queue.stations())
    this.queueTable.delete(queue.address.toLowerCase())
  }

  /** Deletes a topic with its subscriptions. */
  deleteTopic(topic: ManagedTopic): void {
    for (const subscription of topic.subscriptions.values()) this.deleteSubscription(topic, subscription)
    const { name } = topic.config
    this.remove(name, [topic])
    this.topicTable.delete(name.toLowerCase())
  }

  deleteSubscription(topic: ManagedTopic, { queue }: ManagedSubscription): void {
    this.remove(queue.address, queue.stations())
    topic.subscriptions.delete(queue.config.name.toLowerCase())
  }

  station(
    spec: QueueSpec,
    deadLetters: QueueEntity | undefined,
    deadLettered: QueueHooks['deadLettered'] = () => {},
  ): Station {
    const hooks: QueueHooks = {
      available: (sessionId) => entity.available(sessionId),
      sessionExpired: (sessionId) => entity.desk?.expired(sessionId),
      deadLettered,
    }
    const queue = new MessageQueue(spec, hooks, this.persistence?.journal(spec.address.toLowerCase()))
    const entity: QueueEntity = new QueueEntity(
      { address: spec.address, queue, status: 'Active', deadLetters },
      this.turn,
      this.now,
    )
    return { entity, hooks }
  }

  private newTimes(): Times {
    const now = this.now()
    return { createdAt: now, changedAt: now }
  }

  private define(definition: Definition): void {
    switch (definition.kind) {
      case 'queue':
        this.addQueue(definition.config, definition.times)
        return
      case 'topic':
        this.addTopic(definition.config, definition.times)
        return
      case 'subscription': {
        const topic = this.topic(definition.topic)
        if (topic !== undefined) this.addSubscription(topic, definition.config, definition.times)
        return
      }
      default:
        return unreachable(definition)
    }
  }

  private addQueue(config: QueueConfig, times: Times): ManagedQueue {
    const queue = new ManagedQueue(config.name, config, times, this)
    this.addStations(queue, destinationOf(queue.entity, this.settings, queue), undefined)
    this.queueTable.set(config.name.toLowerCase(), queue)
    return queue
  }

  private addTopic(config: TopicOwnConfig, times: Times): ManagedTopic {
    const { entity, hooks } = this.station(
      { ...keeping(config.name), ...topicSpec(config), partitioned: config.partitioned },
      undefined,
    )
    entity.status = config.status
    const topic: ManagedTopic = { config, times, entity, subscriptions: new Map() }
    hooks.pass = (passing, now) => {
      const envelope = withTtl(passing.envelope, topic.config.defaultTtlMs)
      fanOut(topic.subscriptions.values(), { ...passing, envelope }, now)
    }
    const destination = destinationOf(entity, this.settings, topic)
    this.addresses.set(config.name, { kind: 'topic', entity, destination })
    this.topicTable.set(config.name.toLowerCase(), topic)
    return topic
  }

  private addSubscription(
    topic: ManagedTopic,
    config: SubscriptionConfig,
    times: Times,
  ): ManagedSubscription {
    const address = `${topic.config.name}/Subscriptions/${config.name}`
    const rules = new RuleSet(this.persistence?.savedRules(address) ?? config.rules, (changed) =>
      this.persistence?.keepRules(address, changed),
    )
    const queue = new ManagedQueue(address, config, times, this)
    this.addStations(queue, undefined, rules)
    const subscription = { queue, entity: queue.entity, rules }
    topic.subscriptions.set(config.name.toLowerCase(), subscription)
    return subscription
  }

  private addStations(
    queue: ManagedQueue,
    destination: Destination | undefined,
    rules: RuleSet | undefined,
  ): void {
    for (const { entity } of queue.stations()) {
      const isMain = entity === queue.entity
      this.addresses.set(entity.address, {
        kind: 'queue',
        entity,
        destination: isMain ? destination : undefined,
        rules: isMain ? rules : undefined,
      })
    }
  }

  private remove(address: string, stations: readonly { readonly entity: QueueEntity }[]): void {
    for (const { entity } of stations) this.addresses.delete(entity.address)
    // What a closing link releases is written down before it is forgotten.
    this.detach(address, REFUSALS.entityNotFound(address))
    for (const { entity } of stations) this.persistence?.forget(entity.address.toLowerCase())
    this.persistence?.keepDefinition(address, undefined)
  }

  private detachFromClosed({ address, status }: QueueEntity): void {
    if (status !== 'Active') this.detach(address, REFUSALS.entityDisabled(address))
  }
}

function topicSpec(config: TopicOwnConfig) {
  const { duplicateWindowMs, defaultTtlMs } = config
  const { lockDurationMs, maxDeliveryCount, deadLetterOnExpiration } = keeping(config.name)
  return { duplicateWindowMs, defaultTtlMs, lockDurationMs, maxDeliveryCount, deadLetterOnExpiration }
}

function withTtl(envelope: Envelope, limitMs: number): Envelope {
  const ttlMs = Math.min(envelope.ttlMs ?? Infinity, limitMs)
  return Number.isFinite(ttlMs) && ttlMs !== envelope.ttlMs ? { ...envelope, ttlMs } : envelope
}
