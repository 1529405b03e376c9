import { type BrokerConfig, parseBrokerConfig } from './config.ts'

/** Properties of a queue or a subscription, by their names in the emulator's `Config.json`. */
export interface QueueProperties {
  readonly DeadLetteringOnMessageExpiration?: boolean
  /** ISO 8601, such as `PT1H`. */
  readonly DefaultMessageTimeToLive?: string
  readonly DuplicateDetectionHistoryTimeWindow?: string
  readonly ForwardDeadLetteredMessagesTo?: string
  readonly ForwardTo?: string
  readonly LockDuration?: string
  readonly MaxDeliveryCount?: number
  readonly RequiresDuplicateDetection?: boolean
  readonly RequiresSession?: boolean
}

export interface Entities {
  /** Queues by name. */
  readonly queues?: Readonly<Record<string, QueueProperties>>
  /** Subscriptions by topic and name. Each receives every message of its topic. */
  readonly topics?: Readonly<Record<string, Readonly<Record<string, QueueProperties>>>>
}

/**
 * The configuration of a broker with these entities; `parseBrokerConfig` reads whole files, with
 * rules and more. Throws an `Error` that names what is not valid.
 */
export function brokerConfig({ queues = {}, topics = {} }: Entities): BrokerConfig {
  const named = (entities: Readonly<Record<string, QueueProperties>>): readonly object[] =>
    Object.entries(entities).map(([Name, Properties]) => ({ Name, Properties }))
  const Topics = Object.entries(topics).map(([Name, subscriptions]) => ({
    Name,
    Subscriptions: named(subscriptions),
  }))
  return parseBrokerConfig({
    UserConfig: { Namespaces: [{ Name: 'local', Queues: named(queues), Topics }] },
  })
}
