import type { NewFinding } from '../findings/finding.ts'
import type { HrEvent, JsonObject } from '../model.ts'
import { isObject } from '../json.ts'

export interface UnmappedSettings {
  /** Whether a rule of the mapping takes the attribute. */
  uses(path: string): boolean
  /** The configured name of a source, so that a sender cannot make up any number of them. */
  nameOf(source: string): string | null
}

/** Attributes that no mapping takes, found while events are taken in. */
export interface UnmappedAttributes {
  /** How often the events have such attributes, by source. */
  readonly counts: ReadonlyMap<string, number>
  /** One finding for each attribute of a source that this process has not seen before. */
  readonly findings: readonly NewFinding[]
}

/** Attributes of one source that are named; a map with employees' data as its keys has no end. */
const MOST_NAMED = 50
/** Attributes of one source that are remembered. */
const MOST_REMEMBERED = 1_000
/** The name of an attribute, not a value that became a key. */
const NAME = /^[\p{L}_$][\p{L}\p{N}_$.:-]{0,99}$/u

/** Remembers what it has seen, so that an attribute costs one look-up. */
export function unmappedAttributes(
  settings: UnmappedSettings,
): (events: readonly HrEvent[]) => UnmappedAttributes {
  const seen = new Map<string, Map<string, boolean>>()
  const named = new Map<string, number>()

  return (events) => {
    const counts = new Map<string, number>()
    const findings: NewFinding[] = []
    for (const event of events) {
      const source = settings.nameOf(event.source) ?? 'default'
      let paths = seen.get(source)
      if (!paths) seen.set(source, (paths = new Map()))
      const isUnmapped = (path: string): boolean => {
        const known = paths.get(path)
        if (known !== undefined) return known
        const found = !settings.uses(path)
        if (paths.size < MOST_REMEMBERED) paths.set(path, found)
        const many = named.get(source) ?? 0
        if (found && many < MOST_NAMED && NAME.test(path)) {
          named.set(source, many + 1)
          findings.push(findingOf(source, path, event))
        }
        return found
      }
      const unmapped = countOf(event.worker, '', isUnmapped)
      if (unmapped > 0) counts.set(source, (counts.get(source) ?? 0) + unmapped)
    }
    return { counts, findings }
  }
}

function findingOf(source: string, path: string, { source: from, id }: HrEvent): NewFinding {
  return {
    code: 'AttributeUnmapped',
    about: `${source}\n${path}`,
    employeeId: null,
    event: { source: from, id },
    detail: `${path} of source ${source}`,
  }
}

function countOf(worker: JsonObject, prefix: string, isUnmapped: (path: string) => boolean): number {
  let count = 0
  for (const key of Object.keys(worker)) {
    const value = worker[key]
    const path = prefix + key
    if (isObject(value)) count += countOf(value, `${path}.`, isUnmapped)
    else if (value !== undefined && isUnmapped(path)) count += 1
  }
  return count
}
