/** An instant as ISO 8601 with milliseconds; a calculated one is rounded. */
export function iso(at: number): string
export function iso(at: number | null): string | null
export function iso(at: number | null): string | null {
  return at === null ? null : new Date(Math.round(at)).toISOString()
}

/** A value with every number under a key that ends with `At` as ISO 8601. */
export function withIsoInstants(value: unknown, key = ''): unknown {
  if (typeof value === 'number' && key.endsWith('At')) return new Date(value).toISOString()
  if (Array.isArray(value)) return value.map((one) => withIsoInstants(one))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withIsoInstants(one, name)]))
  return value
}
