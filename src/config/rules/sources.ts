import { type EntityAddress, entityOf } from '../../core/intake/entity.ts'
import type { HrReader } from '../../core/intake/hydrate/loop.ts'
import type { Shape } from '../../core/intake/shape.ts'
import type { ConfiguredSource } from '../../core/intake/sources.ts'
import type { Settings } from '../environment.ts'
import type { SourceContent } from '../schema.ts'
import type { Compilation } from './compilation.ts'

/** A queue or subscription to receive from. */
export type SourceAddress = EntityAddress & {
  readonly entity: string
  readonly sessions: boolean
  /** The charset of bodies that are not UTF-8 and name none. */
  readonly charset?: string
}

/** Where the file names no sources. */
export const DEFAULT_SOURCE: SourceContent = { name: 'default', sessions: false, rank: 0 }

/** The source without a file: canonical events of every sender on one queue. */
export function defaultSource(settings: Settings): ConfiguredSource {
  return configured(DEFAULT_SOURCE, settings, null)
}

export function configured(source: SourceContent, settings: Settings, shape: Shape | null): ConfiguredSource {
  return {
    name: source.name,
    entity: entityOf(addressOf(source, settings)),
    match: source.match === undefined ? null : [source.match].flat(),
    source: {
      zone: source.zone ?? settings.SOURCE_ZONE,
      rank: source.rank,
      order: source.order ?? settings.SOURCE_ORDER,
      lastDay: source.lastDay ?? settings.SOURCE_LAST_DAY,
      ...(source.types ? { types: source.types } : {}),
      ...(source.read ? { notices: true } : {}),
      ...(source.may?.includes('block') ? { mayBlock: true } : {}),
      ...(source.employeeId ? { employeeId: source.employeeId } : {}),
      ...(source.placeholderDates ? { placeholderDates: source.placeholderDates } : {}),
    },
    shape,
    owns: source.owns ?? null,
  }
}

/** Where the sources receive from. Sources that contradict each other are problems. */
export function sourceAddressesOf(
  given: readonly SourceContent[],
  { settings, problems }: Compilation,
): readonly SourceAddress[] {
  const addresses = new Map<string, SourceAddress>()
  const entities = given.map((source) => entityOf(addressOf(source, settings)))
  for (const [index, source] of given.entries()) {
    const address = addressOf(source, settings)
    const entity = entityOf(address)
    const there = addresses.get(entity)
    if (there && there.sessions !== source.sessions)
      problems.push({
        path: ['sources', index, 'sessions'],
        message: `differs from that of another source on ${entity}`,
      })
    const charset = source.charset?.toLowerCase() ?? there?.charset
    if (there?.charset !== undefined && there.charset !== charset)
      problems.push({
        path: ['sources', index, 'charset'],
        message: `differs from that of another source on ${entity}`,
      })
    addresses.set(entity, {
      ...address,
      entity,
      sessions: source.sessions,
      ...(charset === undefined ? {} : { charset }),
    })
    if (given.findIndex(({ name }) => name === source.name) !== index)
      problems.push({ path: ['sources', index, 'name'], message: 'is the name of another source' })
    const firstWithShape = given.findIndex(
      ({ shape }, other) => shape !== undefined && entities[other] === entity,
    )
    if (source.shape !== undefined && firstWithShape !== index)
      problems.push({
        path: ['sources', index, 'shape'],
        message: `is the second on ${entity}; give each vendor a queue or subscription of its own`,
      })
  }
  return [...addresses.values()]
}

/** The HR readers of sources with `read`, by the name of the source. */
export function readersOf(
  given: readonly SourceContent[],
  uses: (path: string) => boolean,
  { tools, attempt }: Compilation,
): ReadonlyMap<string, HrReader> {
  const readers = new Map<string, HrReader>()
  const { evaluator } = tools
  for (const [index, { name, read, employeeId }] of given.entries()) {
    if (read === undefined) continue
    const source = employeeId ? { employeeId } : {}
    const reader = attempt(['sources', index, 'read'], () =>
      tools.makeReader(read, { evaluator, source, uses }),
    )
    if (reader) readers.set(name, reader)
  }
  return readers
}

function addressOf({ queue, topic, subscription }: SourceContent, settings: Settings): EntityAddress {
  return topic !== undefined && subscription !== undefined
    ? { topic, subscription }
    : { queue: queue ?? settings.SERVICEBUS_QUEUE }
}
