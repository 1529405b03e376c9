/**
 * Remembers what was worked out for a key, for at most so many keys: whoever sends ever new names makes the double slower, not bigger.
 */
export function createMemo<T>(limit: number, make: (key: string) => T): (key: string) => T {
  const known = new Map<string, { readonly value: T }>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined) return found.value
    const value = make(key)
    if (known.size < limit) known.set(key, { value })
    return value
  }
}
