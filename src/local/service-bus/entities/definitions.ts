import type { BrokerConfig } from '../config.ts'
import type { Definition, Times } from './managed.ts'

/** The entities of the configuration as they were last changed, and those that were added. */
export function* definitionsOf(
  { queues, topics }: BrokerConfig,
  times: Times,
  saved: ReadonlyMap<string, Definition | undefined> = new Map(),
): Generator<Definition> {
  const configured = new Map<string, Definition>()
  for (const config of queues) configured.set(config.name.toLowerCase(), { kind: 'queue', config, times })
  for (const { subscriptions, ...own } of topics) {
    configured.set(own.name.toLowerCase(), { kind: 'topic', config: own, times })
    for (const config of subscriptions) {
      const address = `${own.name}/Subscriptions/${config.name}`.toLowerCase()
      configured.set(address, { kind: 'subscription', topic: own.name, config, times })
    }
  }
  const all = [...new Map([...configured, ...saved]).values()]
  // A subscription needs its topic first.
  for (const definition of all)
    if (definition !== undefined && definition.kind !== 'subscription') yield definition
  for (const definition of all) if (definition?.kind === 'subscription') yield definition
}
