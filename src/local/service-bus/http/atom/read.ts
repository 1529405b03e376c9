import type {
  AuthorizationRule,
  ManagedConfig,
  QueueConfig,
  RuleConfig,
  SubscriptionConfig,
} from '../../config.ts'
import type { TopicOwnConfig } from '../../entities/managed.ts'
import { type BrokerSettings, LARGEST_PREMIUM_MESSAGE } from '../../settings.ts'
import { Fields } from './fields.ts'
import {
  readRemembered,
  type Remembered,
  REMEMBERED_OF_QUEUE,
  REMEMBERED_OF_SUBSCRIPTION,
  REMEMBERED_OF_TOPIC,
} from './remembered.ts'
import { BodyError, childOf, childrenOf, type Element, textOf } from './xml.ts'

const MB = 1024 ** 2
/** Longest lock the service grants [documented]. */
const MAX_LOCK_MS = 300_000

/**
 * Reads a queue's description. Without `before` it is a new queue; with it, what is not said stays.
 * Throws BodyError.
 */
export function readQueue(
  name: string,
  element: Element,
  before: QueueConfig | undefined,
  settings: BrokerSettings,
): QueueConfig {
  const fields = new Fields(element)
  const fixed = readFixed(fields, before)
  const { partitioned } = fixed
  return {
    ...readShared(name, fields, before),
    ...readManaged(element, fields, before, REMEMBERED_OF_QUEUE, { partitioned, settings }),
    ...fixed,
  }
}

/** What cannot be changed once the entity exists, apart from the length of the window. */
function readFixed(
  fields: Fields,
  before: Pick<QueueConfig, 'duplicateWindowMs' | 'partitioned'> | undefined,
) {
  const window = fields.duration('DuplicateDetectionHistoryTimeWindow')
  const looksForDuplicates = unchangeable(
    fields,
    'RequiresDuplicateDetection',
    before && before.duplicateWindowMs !== undefined,
  )
  return {
    duplicateWindowMs: looksForDuplicates ? (window ?? before?.duplicateWindowMs ?? 600_000) : undefined,
    partitioned: unchangeable(fields, 'EnablePartitioning', before?.partitioned),
  }
}

/** Reads a topic's description as `readQueue` does. */
export function readTopic(
  name: string,
  element: Element,
  before: TopicOwnConfig | undefined,
  settings: BrokerSettings,
): TopicOwnConfig {
  const fields = new Fields(element)
  const fixed = readFixed(fields, before)
  const { partitioned } = fixed
  return {
    ...readManaged(element, fields, before, REMEMBERED_OF_TOPIC, { partitioned, settings }),
    name,
    defaultTtlMs: fields.duration('DefaultMessageTimeToLive') ?? before?.defaultTtlMs ?? Infinity,
    ...fixed,
    status: fields.status() ?? before?.status ?? 'Active',
  }
}

/** Reads a subscription's description as `readQueue` does; `rules` are those of a new one. */
export function readSubscription(
  name: string,
  element: Element,
  before: SubscriptionConfig | undefined,
  topic: TopicOwnConfig,
  rules: readonly RuleConfig[],
): SubscriptionConfig {
  const fields = new Fields(element)
  return {
    ...readShared(name, fields, before),
    remembered: readRemembered(fields, before, REMEMBERED_OF_SUBSCRIPTION),
    duplicateWindowMs: undefined,
    partitioned: topic.partitioned,
    rules: before?.rules ?? rules,
  }
}

function readShared(name: string, fields: Fields, before: QueueConfig | undefined) {
  const lockDurationMs = fields.duration('LockDuration') ?? before?.lockDurationMs ?? 60_000
  if (lockDurationMs > MAX_LOCK_MS && lockDurationMs !== before?.lockDurationMs)
    throw new BodyError('The LockDuration is longer than five minutes.')
  const requiresSession = unchangeable(fields, 'RequiresSession', before?.requiresSession)
  const forwardTo = forward(fields, 'ForwardTo', name)
  if (requiresSession && forwardTo !== undefined)
    throw new BodyError('An entity that requires sessions cannot forward its messages.')
  return {
    name,
    lockDurationMs,
    maxDeliveryCount: fields.positive('MaxDeliveryCount') ?? before?.maxDeliveryCount ?? 10,
    requiresSession,
    defaultTtlMs: fields.duration('DefaultMessageTimeToLive') ?? before?.defaultTtlMs ?? Infinity,
    deadLetterOnExpiration:
      fields.boolean('DeadLetteringOnMessageExpiration') ?? before?.deadLetterOnExpiration ?? false,
    // An update without it ends the forwarding: the official clients leave the element out for
    // that.
    forwardTo,
    forwardDeadLettersTo: forward(fields, 'ForwardDeadLetteredMessagesTo', name),
    status: fields.status() ?? before?.status ?? 'Active',
  }
}

function forward(fields: Fields, field: string, name: string): string | undefined {
  const target = fields.text(field)?.replace(/^[a-z]+:\/\/[^/]*\//i, '')
  if (target === undefined || target === '') return undefined
  if (target.toLowerCase() === name.toLowerCase())
    throw new BodyError(`The entity '${name}' cannot forward to itself.`)
  return target
}

function unchangeable(fields: Fields, field: string, before: boolean | undefined): boolean {
  const value = fields.boolean(field)
  if (before !== undefined && value !== undefined && value !== before)
    throw new BodyError(`The value of ${field} of an existing entity cannot be changed.`)
  return value ?? before ?? false
}

function readManaged(
  element: Element,
  fields: Fields,
  before: ManagedConfig | undefined,
  remembered: readonly Remembered[],
  { partitioned, settings }: { readonly partitioned: boolean; readonly settings: BrokerSettings },
): ManagedConfig {
  const megabytes = fields.positive('MaxSizeInMegabytes')
  // A partitioned entity of a Standard namespace has 16 times the size asked for [documented].
  const factor = partitioned && before === undefined && settings.sku === 'Standard' ? 16 : 1
  const maxEntityBytes =
    megabytes === undefined
      ? before?.maxEntityBytes
      : sizeUnlessDefault(megabytes * MB * factor, settings.maxEntityBytes)
  const maxMessageBytes = readMessageLimit(fields, before, settings)
  const rules = childOf(element, 'AuthorizationRules')
  return {
    ...(maxEntityBytes !== undefined && { maxEntityBytes }),
    ...(maxMessageBytes !== undefined && { maxMessageBytes }),
    remembered: readRemembered(fields, before, remembered),
    authorizationRules:
      rules === undefined
        ? (before?.authorizationRules ?? [])
        : childrenOf(rules, 'AuthorizationRule').map(readAuthorizationRule),
  }
}

function sizeUnlessDefault(bytes: number, byDefault: number): number | undefined {
  return bytes === byDefault ? undefined : bytes
}

function readMessageLimit(
  fields: Fields,
  before: ManagedConfig | undefined,
  settings: BrokerSettings,
): number | undefined {
  const kilobytes = fields.positive('MaxMessageSizeInKilobytes')
  if (kilobytes === undefined) return before?.maxMessageBytes
  const bytes = kilobytes * 1024
  if (bytes === settings.maxMessageBytes) return undefined
  if (settings.sku === 'Standard')
    throw new BodyError('MaxMessageSizeInKilobytes can be set in a Premium namespace only.')
  if (bytes < MB || bytes > LARGEST_PREMIUM_MESSAGE)
    throw new BodyError('MaxMessageSizeInKilobytes must be between 1024 and 102400.')
  return bytes
}

function readAuthorizationRule(element: Element): AuthorizationRule {
  const rights = childOf(element, 'Rights')?.['AccessRights']
  return {
    claimType: textOf(element, 'ClaimType') ?? '',
    claimValue: textOf(element, 'ClaimValue') ?? '',
    rights: (Array.isArray(rights) ? rights : [rights]).filter((right) => typeof right === 'string'),
    keyName: textOf(element, 'KeyName') ?? '',
    primaryKey: textOf(element, 'PrimaryKey') ?? '',
    secondaryKey: textOf(element, 'SecondaryKey') ?? '',
  }
}
