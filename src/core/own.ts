/**
 * Objects whose keys come from outside: columns, attributes, properties, codes. On a plain object
 * `toString` is always there and an assignment to `__proto__` changes the prototype instead.
 */

/** An object without a prototype: every name is a plain key, and only what was put in is in it. */
export function bare<T>(entries: Iterable<readonly [name: string, value: T]> = []): Record<string, T> {
  const made = Object.create(null) as Record<string, T>
  for (const [name, value] of entries) made[name] = value
  return made
}

/** The value under a name that comes from outside; `undefined` for what is only inherited. */
export function own<T>(of: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined
}
