import type { SourceAddress } from '../../config/rules.ts'
import type { BrokerConfig } from '../../local/service-bus/config.ts'
import { brokerConfig, type QueueProperties } from '../../local/service-bus/named-entities.ts'

/** The bus with the queues and subscriptions of these sources. An entity of the same name is replaced. */
export function withSources(config: BrokerConfig, sources: readonly SourceAddress[]): BrokerConfig {
  const queues: Record<string, QueueProperties> = {}
  const topics: Record<string, Record<string, QueueProperties>> = {}
  for (const source of sources) {
    const properties = { RequiresSession: source.sessions, DeadLetteringOnMessageExpiration: true }
    if ('queue' in source) queues[source.queue] = properties
    else topics[source.topic] = { ...topics[source.topic], [source.subscription]: properties }
  }
  const added = brokerConfig({ queues, topics })
  const names = new Set([...added.queues, ...added.topics].map(({ name }) => name.toLowerCase()))
  const isOther = ({ name }: { readonly name: string }): boolean => !names.has(name.toLowerCase())
  return {
    ...config,
    queues: [...config.queues.filter(isOther), ...added.queues],
    topics: [...config.topics.filter(isOther), ...added.topics],
  }
}
