import { z } from 'zod'
import type { Attribute } from '../model.ts'

const scalar = z.union([z.string(), z.number(), z.boolean()])

/** Worker attributes, by their dotted paths, and the values that fit. */
export const AttributeValues = z.record(z.string().min(1), z.union([scalar, z.array(scalar).min(1)]))
export type AttributeValues = z.output<typeof AttributeValues>

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
