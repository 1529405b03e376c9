import * as z from 'zod'
import { configFileSchema, type QueueFile, type RuleFile, type SubscriptionFile } from './config-file.ts'

/**
 * The broker's configuration: the official emulator's `Config.json`
 * (https://learn.microsoft.com/azure/service-bus-messaging/test-locally-with-service-bus-emulator),
 * read with the emulator's defaults but without its upper and lower bounds, so that a test may ask
 * for a lock of half a second and a demo for a large delivery count.
 */

export type EntityStatus = 'Active' | 'Disabled' | 'SendDisabled' | 'ReceiveDisabled'

/** What only the management API can set. */
export interface ManagedConfig {
  /** Bytes the entity may hold; without it `BrokerSettings.maxEntityBytes` counts. */
  readonly maxEntityBytes?: number
  /** Bytes a message may have; without it `BrokerSettings.maxMessageBytes` counts. */
  readonly maxMessageBytes?: number
  /** Properties without effect, returned as they were set, by the name of the element. */
  readonly remembered?: Readonly<Record<string, string>>
  readonly authorizationRules?: readonly AuthorizationRule[]
}

/** Kept and given back; the broker checks no keys. */
export interface AuthorizationRule {
  readonly claimType: string
  readonly claimValue: string
  readonly rights: readonly string[]
  readonly keyName: string
  readonly primaryKey: string
  readonly secondaryKey: string
}

export interface QueueConfig extends ManagedConfig {
  readonly name: string
  readonly lockDurationMs: number
  readonly maxDeliveryCount: number
  readonly requiresSession: boolean
  /** Numbered in partitions, as `EnablePartitioning` asks for. */
  readonly partitioned: boolean
  /**
   * Window in which a message id seen before is accepted and dropped; undefined when the entity
   * does not detect duplicates.
   */
  readonly duplicateWindowMs: number | undefined
  /**
   * Upper bound for a message's time to live in milliseconds; Infinity when there is none.
   */
  readonly defaultTtlMs: number
  readonly deadLetterOnExpiration: boolean
  readonly forwardTo: string | undefined
  readonly forwardDeadLettersTo: string | undefined
  readonly status: EntityStatus
}

export type RuleFilter =
  | { readonly kind: 'sql'; readonly expression: string }
  | {
      readonly kind: 'correlation'
      readonly system: Readonly<Partial<Record<CorrelationField, string>>>
      readonly properties: Readonly<Record<string, CorrelationValue>>
    }

/** A time is in epoch milliseconds. */
export type CorrelationValue = string | number | boolean | { readonly timestamp: number }

export type CorrelationField =
  | 'contentType'
  | 'correlationId'
  | 'label'
  | 'messageId'
  | 'replyTo'
  | 'replyToSessionId'
  | 'sessionId'
  | 'to'

export interface RuleConfig {
  readonly name: string
  readonly filter: RuleFilter
  readonly action: string | undefined
  /** Epoch milliseconds; undefined for a rule of the configuration file. */
  readonly createdAt?: number
}

export interface SubscriptionConfig extends QueueConfig {
  readonly rules: readonly RuleConfig[]
}

export interface TopicConfig extends ManagedConfig {
  readonly name: string
  readonly defaultTtlMs: number
  readonly duplicateWindowMs: number | undefined
  /** Its subscriptions are, too. */
  readonly partitioned: boolean
  readonly status: EntityStatus
  readonly subscriptions: readonly SubscriptionConfig[]
}

/** Plain data: it can be posted to a worker thread. */
export interface BrokerConfig {
  /** Name of the namespace. */
  readonly name: string
  readonly queues: readonly QueueConfig[]
  readonly topics: readonly TopicConfig[]
}

/**
 * Reads an emulator `Config.json` given as text or as an already parsed object. Throws an Error
 * that names the offending path when the file is not of the documented shape, when two entities
 * share a name, or when a forward points to nothing.
 */
export function parseBrokerConfig(source: string | object): BrokerConfig {
  const parsed = configFileSchema.safeParse(typeof source === 'string' ? JSON.parse(source) : source)
  if (!parsed.success)
    throw new Error(`The Service Bus configuration is not valid: ${z.prettifyError(parsed.error)}`)
  const [namespace] = parsed.data.UserConfig.Namespaces
  const queues = (namespace?.Queues ?? []).map(queueFrom)
  const topics = (namespace?.Topics ?? []).map((entry): TopicConfig => ({
    name: entry.Name,
    defaultTtlMs: entry.Properties.DefaultMessageTimeToLive,
    duplicateWindowMs: entry.Properties.RequiresDuplicateDetection
      ? entry.Properties.DuplicateDetectionHistoryTimeWindow
      : undefined,
    partitioned: entry.Properties.EnablePartitioning,
    status: entry.Properties.Status,
    subscriptions: entry.Subscriptions.map((one) =>
      subscriptionFrom(one, entry.Properties.EnablePartitioning),
    ),
  }))
  const config = { name: namespace?.Name ?? '', queues, topics }
  checkNames(config)
  return config
}

function queueFrom(entry: QueueFile): QueueConfig {
  return {
    ...sharedFrom(entry.Name, entry.Properties),
    duplicateWindowMs: entry.Properties.RequiresDuplicateDetection
      ? entry.Properties.DuplicateDetectionHistoryTimeWindow
      : undefined,
    partitioned: entry.Properties.EnablePartitioning,
  }
}

function subscriptionFrom(entry: SubscriptionFile, partitioned: boolean): SubscriptionConfig {
  return {
    ...sharedFrom(entry.Name, entry.Properties),
    partitioned,
    duplicateWindowMs: undefined,
    // A subscription without a rule gets the default one, which takes everything.
    rules: entry.Rules.length === 0 ? [DEFAULT_RULE] : entry.Rules.map(ruleFrom),
  }
}

export const DEFAULT_RULE: RuleConfig = {
  name: '$Default',
  filter: { kind: 'sql', expression: '1=1' },
  action: undefined,
}

function sharedFrom(name: string, properties: SubscriptionFile['Properties']) {
  return {
    name,
    lockDurationMs: properties.LockDuration,
    maxDeliveryCount: properties.MaxDeliveryCount,
    requiresSession: properties.RequiresSession,
    defaultTtlMs: properties.DefaultMessageTimeToLive,
    deadLetterOnExpiration: properties.DeadLetteringOnMessageExpiration,
    forwardTo: properties.ForwardTo,
    forwardDeadLettersTo: properties.ForwardDeadLetteredMessagesTo,
    status: properties.Status,
  }
}

function ruleFrom({ Name, Properties }: RuleFile): RuleConfig {
  const action = Properties.Action?.SqlExpression
  if (Properties.FilterType === 'Sql') {
    return {
      name: Name,
      filter: { kind: 'sql', expression: Properties.SqlFilter?.SqlExpression ?? '1=1' },
      action,
    }
  }
  const { Properties: properties, ...system } = Properties.CorrelationFilter ?? { Properties: {} }
  const fields: [CorrelationField, string | undefined][] = [
    ['contentType', system.ContentType],
    ['correlationId', system.CorrelationId],
    ['label', system.Label],
    ['messageId', system.MessageId],
    ['replyTo', system.ReplyTo],
    ['replyToSessionId', system.ReplyToSessionId],
    ['sessionId', system.SessionId],
    ['to', system.To],
  ]
  return {
    name: Name,
    filter: {
      kind: 'correlation',
      system: Object.fromEntries(fields.filter(([, value]) => value !== undefined)),
      properties,
    },
    action,
  }
}

function checkNames(config: BrokerConfig): void {
  const names = new Set<string>()
  for (const { name } of [...config.queues, ...config.topics]) {
    if (names.has(name.toLowerCase()))
      throw new Error(`The Service Bus configuration names the entity '${name}' twice`)
    names.add(name.toLowerCase())
  }
  const forwarding = [...config.queues, ...config.topics.flatMap((entry) => entry.subscriptions)]
  for (const { name, forwardTo, forwardDeadLettersTo } of forwarding) {
    for (const target of [forwardTo, forwardDeadLettersTo]) {
      if (target !== undefined && !names.has(target.toLowerCase())) {
        throw new Error(
          `The Service Bus configuration forwards '${name}' to '${target}', which it does not define`,
        )
      }
    }
  }
}
