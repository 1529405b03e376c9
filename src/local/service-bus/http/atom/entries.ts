import type { ManagedQueue, ManagedSubscription, ManagedTopic } from '../../entities/managed.ts'
import type { BrokerSettings } from '../../settings.ts'
import { ruleDescription } from './rules.ts'
import { type Place, queueDescription, subscriptionDescription, topicDescription } from './write.ts'
import type { Element, Entry } from './xml.ts'

/** A subscription and the topic it belongs to. */
export interface Found {
  readonly topic: ManagedTopic
  readonly subscription: ManagedSubscription
}

/** Describes entities in the answers to one request. */
export class Entries {
  private readonly url: URL
  private readonly place: Place
  private readonly namespaceName: string

  constructor(url: URL, settings: BrokerSettings, namespaceName: string) {
    this.url = url
    this.place = { settings, host: url.host }
    this.namespaceName = namespaceName
  }

  namespace(createdAt: number): Entry {
    const at = new Date(createdAt).toISOString()
    const { sku } = this.place.settings
    return this.at(
      '$namespaceinfo',
      this.namespaceName,
      { createdAt, changedAt: createdAt },
      'NamespaceInfo',
      {
        CreatedTime: at,
        MessagingSKU: sku,
        ...(sku === 'Premium' && { MessagingUnits: 1 }),
        ModifiedTime: at,
        Name: this.namespaceName,
        NamespaceType: 'Messaging',
      },
    )
  }

  queue(queue: ManagedQueue): Entry {
    const description = queueDescription(queue, this.place)
    return this.at(queue.config.name, queue.config.name, queue.times, 'QueueDescription', description)
  }

  topic(topic: ManagedTopic): Entry {
    const { name } = topic.config
    return this.at(name, name, topic.times, 'TopicDescription', topicDescription(topic, this.place))
  }

  subscription(topic: ManagedTopic, subscription: ManagedSubscription): Entry {
    const { name } = subscription.queue.config
    const description = subscriptionDescription(subscription, this.place)
    const { times } = subscription.queue
    return this.at(
      `${topic.config.name}/Subscriptions/${name}`,
      name,
      times,
      'SubscriptionDescription',
      description,
    )
  }

  rule({ topic, subscription }: Found, name: string): Entry {
    const rule = subscription.rules.list().find((one) => one.name.toLowerCase() === name.toLowerCase())
    const { queue } = subscription
    const path = `${topic.config.name}/Subscriptions/${queue.config.name}/Rules/${rule?.name ?? name}`
    const description = rule === undefined ? {} : ruleDescription(rule, queue.times.createdAt)
    return this.at(path, rule?.name ?? name, queue.times, 'RuleDescription', description)
  }

  private at(
    path: string,
    title: string,
    times: Pick<Entry, 'createdAt' | 'changedAt'>,
    kind: string,
    description: Element,
  ): Entry {
    return { url: this.urlOf(path).href, title, ...times, kind, description }
  }

  private urlOf(path: string): URL {
    const url = new URL(`/${path}`, this.url)
    const version = this.url.searchParams.get('api-version')
    if (version !== null) url.searchParams.set('api-version', version)
    return url
  }
}
