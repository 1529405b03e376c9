import type { AddressTable } from './address-table.ts'
import type { QueueConfig, SubscriptionConfig, TopicConfig } from '../config.ts'
import type { QueueEntity } from './entity.ts'
import { bury, forward } from './forwarding.ts'
import type { BrokerSettings } from '../settings.ts'
import {
  type ChangeableSpec,
  DIRECT_ARRIVAL,
  type Passing,
  type QueueHooks,
  type QueueSpec,
} from '../store/contract.ts'
import type { RuleSet } from './topic.ts'

/** When an entity was created and last changed. Epoch milliseconds. */
export interface Times {
  readonly createdAt: number
  readonly changedAt: number
}

/** A topic's own configuration; its subscriptions have theirs. */
export type TopicOwnConfig = Omit<TopicConfig, 'subscriptions'>

/** An entity as the file of a broker remembers it. */
export type Definition = { readonly times: Times } & (
  | { readonly kind: 'queue'; readonly config: QueueConfig }
  | { readonly kind: 'topic'; readonly config: TopicOwnConfig }
  | { readonly kind: 'subscription'; readonly topic: string; readonly config: SubscriptionConfig }
)

/** An entity and what it does with messages that become due, which an update may change. */
export interface Station {
  readonly entity: QueueEntity
  readonly hooks: QueueHooks
}

/** What a queue needs of the namespace it is in. */
export interface Surroundings {
  readonly settings: BrokerSettings
  station(
    spec: QueueSpec,
    deadLetters: QueueEntity | undefined,
    deadLettered?: QueueHooks['deadLettered'],
  ): Station
  readonly addresses: AddressTable
}

/** A topic as the namespace keeps it. */
export interface ManagedTopic {
  config: TopicOwnConfig
  times: Times
  readonly entity: QueueEntity
  /** By name in lower case. */
  readonly subscriptions: Map<string, ManagedSubscription>
}

export interface ManagedSubscription {
  readonly queue: ManagedQueue<SubscriptionConfig>
  readonly entity: QueueEntity
  readonly rules: RuleSet
}

/** A queue or subscription with its two dead-letter queues. */
export class ManagedQueue<Config extends QueueConfig = QueueConfig> {
  readonly address: string
  readonly main: Station
  readonly deadLetters: Station
  readonly transferDeadLetters: Station
  times: Times
  private current: Config
  private readonly surroundings: Surroundings

  constructor(address: string, config: Config, times: Times, surroundings: Surroundings) {
    this.address = address
    this.current = config
    this.times = times
    this.surroundings = surroundings
    const { lockDurationMs, partitioned } = config
    const deadLetters = (at: string) =>
      surroundings.station({ ...keeping(at), lockDurationMs, partitioned }, undefined)
    this.deadLetters = deadLetters(`${address}/$DeadLetterQueue`)
    this.transferDeadLetters = deadLetters(`${address}/$Transfer/$DeadLetterQueue`)
    const buried = this.deadLetters.entity
    this.main = surroundings.station(
      {
        address,
        isDeadLetterQueue: false,
        requiresSession: config.requiresSession,
        partitioned,
        ...changeable(config),
      },
      buried,
      (message, envelope, letter, now) =>
        bury(buried, message, envelope, letter, now, surroundings.settings.deadLetterSequence),
    )
    this.setUp()
  }

  get config(): Config {
    return this.current
  }

  get entity(): QueueEntity {
    return this.main.entity
  }

  stations(): readonly Station[] {
    return [this.main, this.deadLetters, this.transferDeadLetters]
  }

  /** What requires sessions, is partitioned or looks for duplicates goes on doing so. */
  change(config: Config, now: number): void {
    this.current = config
    this.times = { ...this.times, changedAt: now }
    this.main.entity.queue.changeSpec(changeable(config))
    const { lockDurationMs } = config
    for (const { entity } of [this.deadLetters, this.transferDeadLetters])
      entity.queue.changeSpec(changeable({ ...keeping(entity.address), lockDurationMs }))
    this.setUp()
    for (const { entity } of this.stations()) entity.queue.passOn(now)
  }

  private setUp(): void {
    const { status, forwardTo, forwardDeadLettersTo } = this.current
    for (const { entity } of this.stations()) entity.status = status
    setPass(
      this.main.hooks,
      this.passTo(forwardTo, this.transferDeadLetters.entity, ({ arrival }) => arrival.deadLetterSource),
    )
    setPass(
      this.deadLetters.hooks,
      this.passTo(forwardDeadLettersTo, undefined, () => this.address),
    )
  }

  private passTo(
    target: string | undefined,
    fallback: QueueEntity | undefined,
    deadLetterSource: (passing: Passing) => string | undefined,
  ): QueueHooks['pass'] {
    if (target === undefined) return undefined
    return (passing, now) => {
      const { envelope, sequence, arrival } = passing
      const onward = {
        ...DIRECT_ARRIVAL,
        hops: arrival.hops + 1,
        wasScheduled: arrival.wasScheduled,
        originalSequence: arrival.originalSequence ?? sequence,
        deadLetterSource: deadLetterSource(passing),
      }
      forward(target, this.surroundings.addresses.entity(target), fallback, envelope, onward, now)
    }
  }
}

/**
 * A store that expires nothing, counts nothing out and knows no sessions: dead-letter queues, and
 * what a topic keeps.
 */
export function keeping(address: string): QueueSpec {
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

function setPass(hooks: QueueHooks, pass: QueueHooks['pass']): void {
  if (pass === undefined) delete hooks.pass
  else hooks.pass = pass
}

function changeable(from: ChangeableSpec): ChangeableSpec {
  const { lockDurationMs, maxDeliveryCount, duplicateWindowMs, defaultTtlMs, deadLetterOnExpiration } = from
  return { lockDurationMs, maxDeliveryCount, duplicateWindowMs, defaultTtlMs, deadLetterOnExpiration }
}
