import * as z from 'zod'

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
   * Upper bound for a message's time to live; Infinity when the file says nothing beyond the
   * emulator's own default does.
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

const DURATION_PATTERN = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/**
 * Milliseconds of an ISO 8601 duration of days and smaller (`PT1M`, `P14D`, `PT0.5S`). Throws a
 * RangeError for anything else.
 */
export function durationMs(text: string): number {
  const match = DURATION_PATTERN.exec(text)
  if (match === null || text === 'P' || text.endsWith('T'))
    throw new RangeError(`'${text}' is not an ISO 8601 duration`)
  const [, days, hours, minutes, seconds] = match
  return (
    ((Number(days ?? 0) * 24 + Number(hours ?? 0)) * 60 + Number(minutes ?? 0)) * 60_000 +
    Math.round(Number(seconds ?? 0) * 1000)
  )
}

const duration = z.string().transform((text, context) => {
  try {
    return durationMs(text)
  } catch {
    context.addIssue({ code: 'custom', message: `'${text}' is not an ISO 8601 duration` })
    return z.NEVER
  }
})

const optionalName = z
  .string()
  .optional()
  .transform((name) => (name === undefined || name === '' ? undefined : name))
const status = z.enum(['Active', 'Disabled', 'SendDisabled', 'ReceiveDisabled']).default('Active')
const positive = z.int().min(1)

const queueProperties = z.object({
  DeadLetteringOnMessageExpiration: z.boolean().default(false),
  DefaultMessageTimeToLive: duration.default(3_600_000),
  DuplicateDetectionHistoryTimeWindow: duration.default(20_000),
  EnablePartitioning: z.boolean().default(false),
  ForwardDeadLetteredMessagesTo: optionalName,
  ForwardTo: optionalName,
  LockDuration: duration.default(60_000),
  MaxDeliveryCount: positive.default(10),
  RequiresDuplicateDetection: z.boolean().default(false),
  RequiresSession: z.boolean().default(false),
  Status: status,
})

const subscriptionProperties = queueProperties.omit({
  RequiresDuplicateDetection: true,
  DuplicateDetectionHistoryTimeWindow: true,
  EnablePartitioning: true,
})

const correlationFilter = z.object({
  ContentType: z.string().optional(),
  CorrelationId: z.string().optional(),
  Label: z.string().optional(),
  MessageId: z.string().optional(),
  ReplyTo: z.string().optional(),
  ReplyToSessionId: z.string().optional(),
  SessionId: z.string().optional(),
  To: z.string().optional(),
  Properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
})

const rule = z.object({
  Name: z.string().min(1),
  Properties: z.object({
    FilterType: z.enum(['Correlation', 'Sql']),
    CorrelationFilter: correlationFilter.optional(),
    SqlFilter: z.object({ SqlExpression: z.string() }).optional(),
    Action: z.object({ SqlExpression: z.string() }).optional(),
  }),
})

const NO_FIELDS = {}
const queue = z.object({ Name: z.string().min(1), Properties: queueProperties.prefault(NO_FIELDS) })
const subscription = z.object({
  Name: z.string().min(1),
  Properties: subscriptionProperties.prefault(NO_FIELDS),
  Rules: z.array(rule).default([]),
})
const topic = z.object({
  Name: z.string().min(1),
  Properties: z
    .object({
      DefaultMessageTimeToLive: duration.default(3_600_000),
      DuplicateDetectionHistoryTimeWindow: duration.default(20_000),
      EnablePartitioning: z.boolean().default(false),
      RequiresDuplicateDetection: z.boolean().default(false),
      Status: status,
    })
    .prefault(NO_FIELDS),
  Subscriptions: z.array(subscription).default([]),
})
const file = z.object({
  UserConfig: z.object({
    Namespaces: z
      .array(
        z.object({
          Name: z.string().min(1),
          Queues: z.array(queue).default([]),
          Topics: z.array(topic).default([]),
        }),
      )
      .min(1)
      .max(1),
    Logging: z.unknown().optional(),
  }),
})

type QueueFile = z.infer<typeof queue>
type SubscriptionFile = z.infer<typeof subscription>
type RuleFile = z.infer<typeof rule>

/**
 * Reads an emulator `Config.json` given as text or as an already parsed object. Throws an Error
 * that names the offending path when the file is not of the documented shape, when two entities
 * share a name, or when a forward points to nothing.
 */
export function parseBrokerConfig(source: string | object): BrokerConfig {
  const parsed = file.safeParse(typeof source === 'string' ? JSON.parse(source) : source)
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
