import type { FoldRules } from '../plan/fold/rules.ts'
import type { SourceMessage } from '../ports.ts'
import { isCloudEvent } from './decode.ts'
import type { EmployeeIdForm } from './event/employee-id.ts'
import type { Shape } from './shape.ts'
import { wildcard } from './wildcard.ts'

/** The rules for the events of one HR system. */
export interface Source {
  /** IANA zone of its plain dates, and of its times without an offset. */
  readonly zone: string
  /** Of two events that take effect at one moment, the one with the higher rank wins. */
  readonly rank: number
  /** What orders the source's own events. */
  readonly order: 'version' | 'sequence' | 'time'
  /**
   * Whether the date of a termination is the last day worked (`inclusive`) or the first day out
   * (`exclusive`).
   */
  readonly lastDay: 'inclusive' | 'exclusive'
  /** The source's names of event types → canonical types. */
  readonly types?: Readonly<Record<string, string>>
  /**
   * Notices are accepted, because the HR system can be read. Otherwise they are refused as
   * `NoticeUnsupported`.
   */
  readonly notices?: boolean
  /** Its events may block employees. Otherwise such an event is refused as `BlockNotAllowed`. */
  readonly mayBlock?: boolean
  /** The form of its employee ids. Default: as they are written. */
  readonly employeeId?: EmployeeIdForm
  /** Dates that stand for none. Default: `PLACEHOLDER_DATES`. */
  readonly placeholderDates?: readonly string[]
}

export const DEFAULT_SOURCE: Source = { zone: 'UTC', rank: 0, order: 'version', lastDay: 'exclusive' }

/**
 * Finds the source by the CloudEvents `source` attribute and the queue or subscription of the
 * event; `null` when none matches.
 */
export type SourceRules = (source: string, entity: string) => Source | null

/** A shape and the source it is for. */
export interface Shaped {
  /** The CloudEvents source of its events that name none. */
  readonly name: string
  readonly shape: Shape
  readonly source: Source
}
/** The shape of a message; `null` for a canonical one. */
export type ShapeOf = (message: SourceMessage) => Shaped | null

export interface ConfiguredSource {
  readonly name: string
  /** The queue, or `topic/Subscriptions/subscription`, as messages name it. */
  readonly entity: string
  /** Patterns of the CloudEvents source, in which `*` matches anything. `null` matches all. */
  readonly match: readonly string[] | null
  readonly source: Source
  readonly shape: Shape | null
  /** Prefixes of the attributes that its snapshots cover, even if another source set them last. */
  readonly owns: readonly string[] | null
}

/** Look-ups in the configured sources. The first that matches, in configured order, is used. */
export function sourceRules(configured: readonly ConfiguredSource[]): {
  readonly sources: SourceRules
  readonly shapes: ShapeOf
  readonly fold: FoldRules
  /** The configured name for a CloudEvents source. */
  readonly nameOf: (source: string) => string | null
} {
  const sources = configured.map((one) => ({ ...one, fits: matcher(one.match) }))
  const at = new Map<string, typeof sources>()
  for (const one of sources) at.set(one.entity, [...(at.get(one.entity) ?? []), one])
  const owner = memo(
    (name: string) =>
      sources.find((one) => one.name === name) ??
      sources.find(({ match, fits }) => match !== null && fits(name)) ??
      sources.find(({ match }) => match === null),
  )
  return {
    sources: (name, entity) =>
      at.get(entity)?.find(({ shape, fits }) => shape === null && fits(name))?.source ?? null,
    shapes: (message) => {
      const here = at.get(message.entity) ?? []
      const shaped = here.find(({ shape }) => shape !== null)
      if (!shaped?.shape) return null
      if (isCloudEvent(message) && here.some(({ shape }) => shape === null)) return null
      return { name: shaped.name, shape: shaped.shape, source: shaped.source }
    },
    nameOf: (name) => owner(name)?.name ?? null,
    fold: {
      owns: (name, path) => {
        const owns = owner(name)?.owns ?? null
        return owns === null ? null : owns.some((prefix) => path === prefix || path.startsWith(`${prefix}.`))
      },
    },
  }
}

function matcher(patterns: readonly string[] | null): (name: string) => boolean {
  if (patterns === null) return () => true
  const fits = patterns.map(wildcard)
  return (name) => fits.some((fit) => fit(name))
}

/** Senders choose the names, so there is no limit to how many there are. */
const MOST_REMEMBERED = 10_000

function memo<T>(find: (name: string) => T): (name: string) => T {
  const found = new Map<string, T>()
  return (name) => {
    const there = found.get(name)
    if (there !== undefined) return there
    const value = find(name)
    if (found.size >= MOST_REMEMBERED) found.clear()
    found.set(name, value)
    return value
  }
}
