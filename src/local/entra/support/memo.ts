/**
 * Remembers what was worked out for a key, for a limited number of keys, so that endless new names
 * cost time and not memory.
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
