import type { Attribute } from '../model.ts'
import type { AttributeValues } from './settings.ts'

/** An attribute must have one of these values. */
export interface Condition {
  readonly path: string
  readonly values: ReadonlySet<string>
}

export function conditionsOf(where: AttributeValues): readonly Condition[] {
  return Object.entries(where).map(([path, values]) => ({
    path,
    values: new Set((Array.isArray(values) ? values : [values]).map(String)),
  }))
}

/**
 * Whether every condition holds; without conditions, they do. Comparisons are exact; a missing
 * attribute never fits.
 */
export function fits(conditions: readonly Condition[], attributes: ReadonlyMap<string, Attribute>): boolean {
  return conditions.every(({ path, values }) => {
    const value = attributes.get(path)?.value ?? null
    return value !== null && typeof value !== 'object' && values.has(String(value))
  })
}

/** The conditions as text: the same conditions in another order are the same text. */
export function textOf(conditions: readonly Condition[]): string {
  return JSON.stringify(
    conditions.map(({ path, values }) => JSON.stringify([path, ...[...values].sort()])).sort(),
  )
}
