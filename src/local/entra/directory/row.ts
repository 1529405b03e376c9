import { createMemo } from '../support/memo.ts'

/** An attribute value as the service keeps it. */
export type Value = string | number | boolean | readonly Value[]

/** One step of the way into a SCIM user: a name, or the entry of type "work" of a list. */
export type Segment = string | typeof WORK
export const WORK = Symbol('work')

export interface Shape {
  readonly names: readonly string[]
  readonly index: ReadonlyMap<string, number>
}

/**
 * An immutable list of named values. Rows of the same names share one shape, so that 100,000 users
 * and 500,000 log records that speak of them cost little more than their values.
 */
export interface Row {
  readonly shape: Shape
  readonly values: readonly Value[]
}

export interface Rows {
  /** A row of these values, in this order. */
  row(entries: ReadonlyMap<string, Value>): Row
  /**
   * Remembers the way to a path whose names are odd, so that `segments` can lead back into the SCIM
   * user.
   */
  path(name: string, segments: () => readonly Segment[]): string
  segments(name: string): readonly Segment[]
}

/** `parse` gives the way that a path stands for when no name on it is odd. */
export function createRows(parse: (path: string) => readonly Segment[]): Rows {
  const seen = new Set<string>()
  const oddWays = new Map<string, readonly Segment[]>()
  const wayOf = createMemo(10_000, parse)
  const shapeOf = createMemo(10_000, (key): Shape => {
    const names: readonly string[] = JSON.parse(key)
    return { names, index: new Map(names.map((name, index) => [name, index])) }
  })
  return {
    row: (entries) => ({
      shape: shapeOf(JSON.stringify([...entries.keys()])),
      values: [...entries.values()],
    }),
    path(name, segments) {
      if (seen.has(name)) return name
      if (seen.size < 10_000) seen.add(name)
      const [way, plain] = [segments(), wayOf(name)]
      const isOdd = way.length !== plain.length || way.some((segment, index) => segment !== plain[index])
      if (isOdd && oddWays.size < 10_000) oddWays.set(name, way)
      return name
    },
    segments: (name) => oddWays.get(name) ?? wayOf(name),
  }
}

export function valueOf(row: Row | undefined, name: string): Value | undefined {
  const index = row?.shape.index.get(name)
  return index === undefined ? undefined : row?.values[index]
}

export function textOf(row: Row | undefined, name: string): string | undefined {
  const value = valueOf(row, name)
  return value === undefined ? undefined : asText(value)
}

export function* entriesOf(row: Row): Generator<readonly [string, Value]> {
  const { names } = row.shape
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index]
    const value = row.values[index]
    if (name !== undefined && value !== undefined) yield [name, value]
  }
}

export const toMap = (row: Row | undefined): Map<string, Value> =>
  new Map(row === undefined ? [] : entriesOf(row))

/**
 * How the provisioning log writes a value: always as text, booleans as "True" and "False". Source:
 * the real records.
 */
export function asText(value: Value): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return value.map(asText).join(',')
}
