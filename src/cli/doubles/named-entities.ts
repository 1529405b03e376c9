import type { SourceAddress } from '../../config/rules/sources.ts'
import type { BrokerConfig } from '../../local/service-bus/config.ts'
import { brokerConfig, type QueueProperties } from '../../local/service-bus/named-entities.ts'

/**
 * The bus with these queues and subscriptions besides its own. An entity of the same name is
 * replaced.
 */
export function withEntities(config: BrokerConfig, entities: readonly SourceAddress[]): BrokerConfig {
  const queues: Record<string, QueueProperties> = {}
  const topics: Record<string, Record<string, QueueProperties>> = {}
  for (const entity of entities) {
    const properties = { RequiresSession: entity.sessions, DeadLetteringOnMessageExpiration: true }
    if ('queue' in entity) queues[entity.queue] = properties
    else topics[entity.topic] = { ...topics[entity.topic], [entity.subscription]: properties }
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
