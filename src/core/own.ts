/**
 * For objects whose keys come from outside: columns, attributes, properties, codes. A plain object
 * always has `toString`, and an assignment to `__proto__` changes its prototype.
 */

/** An object without a prototype: every name is a plain key, and it contains only these entries. */
export function bare<T>(entries: Iterable<readonly [name: string, value: T]> = []): Record<string, T> {
  const made = Object.create(null) as Record<string, T>
  for (const [name, value] of entries) made[name] = value
  return made
}

/** The object's own value under a name from outside; `undefined` for an inherited one. */
export function own<T>(of: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined
}
