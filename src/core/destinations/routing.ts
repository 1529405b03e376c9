import type { Attribute } from '../model.ts'
import type { Mapping } from '../plan/mapping/mapping.ts'
import { conditionsOf, fits, textOf } from '../plan/conditions.ts'
import type { AttributeValues } from '../plan/settings.ts'

/** Which employees belong to a destination, and how their records are made there. */
export interface DestinationRules {
  readonly name: string
  /** `null`: every employee that no earlier destination takes. */
  readonly where: AttributeValues | null
  readonly mapping: Mapping
}

/** Where employees belong. Pure. */
export interface Routing {
  /** Worker attributes that the rules read. */
  readonly paths: readonly string[]
  /** The rules as text: the same rules are the same text. */
  readonly text: string
  /** Where employees without a fitting rule, and without an account, are sent once they have left. */
  readonly fallback: string
  /** The first destination whose rule fits; `null` when none does. */
  routeOf(attributes: ReadonlyMap<string, Attribute>): string | null
  /**
   * The mapping of the destination, which also uses what the rules read: an event that moves an
   * employee is never one of which nothing is mapped. A destination that is not known has the
   * mapping of the first.
   */
  mappingOf(destination: string): Mapping
}

/**
 * Comparisons are exact; a missing attribute never fits. `first` and `others` are in the order of
 * the configuration.
 */
export function routingOf(first: DestinationRules, others: readonly DestinationRules[]): Routing {
  const all = [first, ...others].map((one) => ({ ...one, conditions: conditionsOf(one.where ?? {}) }))
  const paths = new Set(all.flatMap(({ conditions }) => conditions.map(({ path }) => path)))
  const withPaths = (mapping: Mapping): Mapping => ({
    ...mapping,
    uses: (path) => paths.has(path) || mapping.uses(path),
  })
  const mappings = new Map(all.map(({ name, mapping }) => [name, withPaths(mapping)]))
  const ofFirst = withPaths(first.mapping)
  return {
    paths: [...paths],
    text: JSON.stringify(all.map(({ name, where, conditions }) => [name, where && textOf(conditions)])),
    fallback: (all.find(({ where }) => where === null) ?? first).name,
    routeOf: (attributes) => all.find(({ conditions }) => fits(conditions, attributes))?.name ?? null,
    mappingOf: (destination) => mappings.get(destination) ?? ofFirst,
  }
}
