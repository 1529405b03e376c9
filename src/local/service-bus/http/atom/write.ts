import type { ManagedConfig, QueueConfig } from '../../config.ts'
import type { ManagedQueue, ManagedSubscription, ManagedTopic, Times } from '../../entities/managed.ts'
import type { BrokerSettings } from '../../settings.ts'
import { durationText } from './fields.ts'
import {
  rememberedOf,
  REMEMBERED_OF_QUEUE,
  REMEMBERED_OF_SUBSCRIPTION,
  REMEMBERED_OF_TOPIC,
} from './remembered.ts'
import type { Element } from './xml.ts'

const MB = 1024 ** 2

/** What an answer contains about the namespace. */
export interface Place {
  readonly settings: BrokerSettings
  /** Host and port as the client knows them. */
  readonly host: string
}

export function queueDescription({ config, times, ...queue }: Described, place: Place): Element {
  return {
    LockDuration: durationText(config.lockDurationMs),
    MaxSizeInMegabytes: megabytesOf(config, place),
    RequiresDuplicateDetection: config.duplicateWindowMs !== undefined,
    RequiresSession: config.requiresSession,
    DefaultMessageTimeToLive: durationText(config.defaultTtlMs),
    DeadLetteringOnMessageExpiration: config.deadLetterOnExpiration,
    DuplicateDetectionHistoryTimeWindow: durationText(config.duplicateWindowMs ?? 600_000),
    MaxDeliveryCount: config.maxDeliveryCount,
    ...counted(queue),
    ...authorizationRules(config),
    Status: config.status,
    ...forwards(config, place),
    ...timesOf(times),
    ...rememberedOf(config, REMEMBERED_OF_QUEUE),
    EnablePartitioning: config.partitioned,
    EntityAvailabilityStatus: 'Available',
    MaxMessageSizeInKilobytes: kilobytesOf(config, place),
  }
}

type Described = Pick<ManagedQueue, 'config' | 'times' | 'main' | 'deadLetters' | 'transferDeadLetters'>

export function topicDescription(
  { config, times, entity, subscriptions }: ManagedTopic,
  place: Place,
): Element {
  return {
    DefaultMessageTimeToLive: durationText(config.defaultTtlMs),
    MaxSizeInMegabytes: megabytesOf(config, place),
    RequiresDuplicateDetection: config.duplicateWindowMs !== undefined,
    DuplicateDetectionHistoryTimeWindow: durationText(config.duplicateWindowMs ?? 600_000),
    SizeInBytes: entity.queue.bytes,
    ...authorizationRules(config),
    Status: config.status,
    ...timesOf(times),
    ...rememberedOf(config, REMEMBERED_OF_TOPIC),
    EnablePartitioning: config.partitioned,
    EntityAvailabilityStatus: 'Available',
    SubscriptionCount: subscriptions.size,
    CountDetails: countDetails({ scheduled: entity.queue.counts().scheduled }),
    MaxMessageSizeInKilobytes: kilobytesOf(config, place),
  }
}

export function subscriptionDescription({ queue }: ManagedSubscription, place: Place): Element {
  const { config, times } = queue
  return {
    LockDuration: durationText(config.lockDurationMs),
    RequiresSession: config.requiresSession,
    DefaultMessageTimeToLive: durationText(config.defaultTtlMs),
    DeadLetteringOnMessageExpiration: config.deadLetterOnExpiration,
    MaxDeliveryCount: config.maxDeliveryCount,
    ...counted(queue),
    Status: config.status,
    ...forwards(config, place),
    ...timesOf(times),
    ...rememberedOf(config, REMEMBERED_OF_SUBSCRIPTION),
    EntityAvailabilityStatus: 'Available',
  }
}

function counted({
  main,
  deadLetters,
  transferDeadLetters,
}: Pick<Described, 'main' | 'deadLetters' | 'transferDeadLetters'>): Element {
  const stations = [main, deadLetters, transferDeadLetters].map(({ entity }) => entity.queue)
  const [own, dead, transferDead] = stations.map((queue) => queue.counts())
  const held = (counts: typeof own) =>
    counts === undefined ? 0 : counts.active + counts.locked + counts.deferred
  const scheduled = own?.scheduled ?? 0
  const details = { active: held(own), dead: held(dead), scheduled, transferDead: held(transferDead) }
  return {
    SizeInBytes: stations.reduce((sum, queue) => sum + queue.bytes, 0),
    MessageCount: details.active + details.dead + details.scheduled + details.transferDead,
    CountDetails: countDetails(details),
  }
}

function countDetails(counts: {
  readonly active?: number
  readonly dead?: number
  readonly scheduled: number
  readonly transferDead?: number
}): Element {
  return {
    '@xmlns:d2p1': 'http://schemas.microsoft.com/netservices/2011/06/servicebus',
    'd2p1:ActiveMessageCount': counts.active ?? 0,
    'd2p1:DeadLetterMessageCount': counts.dead ?? 0,
    'd2p1:ScheduledMessageCount': counts.scheduled,
    'd2p1:TransferMessageCount': 0,
    'd2p1:TransferDeadLetterMessageCount': counts.transferDead ?? 0,
  }
}

function timesOf({ createdAt, changedAt }: Times): Element {
  return {
    CreatedAt: new Date(createdAt).toISOString(),
    UpdatedAt: new Date(changedAt).toISOString(),
    // The service's value for an entity that was never used; the double does not keep the moment.
    AccessedAt: '0001-01-01T00:00:00Z',
  }
}

function forwards({ forwardTo, forwardDeadLettersTo }: QueueConfig, { host }: Place): Element {
  const at = (target: string) => `sb://${host}/${target}`
  return {
    ...(forwardTo !== undefined && { ForwardTo: at(forwardTo) }),
    ...(forwardDeadLettersTo !== undefined && { ForwardDeadLetteredMessagesTo: at(forwardDeadLettersTo) }),
  }
}

function authorizationRules({ authorizationRules }: ManagedConfig): Element {
  return {
    AuthorizationRules: {
      AuthorizationRule: (authorizationRules ?? []).map((rule) => ({
        '@i:type': 'SharedAccessAuthorizationRule',
        ClaimType: rule.claimType,
        ClaimValue: rule.claimValue,
        Rights: { AccessRights: rule.rights },
        KeyName: rule.keyName,
        PrimaryKey: rule.primaryKey,
        SecondaryKey: rule.secondaryKey,
      })),
    },
  }
}

const megabytesOf = (config: ManagedConfig, { settings }: Place) =>
  Math.max(1, Math.floor((config.maxEntityBytes ?? settings.maxEntityBytes) / MB))
const kilobytesOf = (config: ManagedConfig, { settings }: Place) =>
  Math.max(1, Math.floor((config.maxMessageBytes ?? settings.maxMessageBytes) / 1024))
