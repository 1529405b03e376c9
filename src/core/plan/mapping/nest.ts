import type { Attribute, Json } from '../../model.ts'

type Nested = { [key: string]: Json | Nested }

/**
 * The worker as HR sent it: dotted paths become objects again. Cleared values are left out, so that
 * expressions can join texts without checks.
 */
export function nest(attributes: ReadonlyMap<string, Attribute>): Json {
  // Names come from outside: without a prototype, none of them has a built-in meaning.
  const worker: Nested = Object.create(null) as Nested
  for (const [path, { value }] of attributes) {
    if (value === null) continue
    if (!path.includes('.')) {
      if (!isNested(worker[path])) worker[path] = value
      continue
    }
    const keys = path.split('.')
    const last = keys.pop() ?? path
    let parent = worker
    for (const key of keys) {
      const child = parent[key]
      parent = isNested(child) ? child : (parent[key] = Object.create(null) as Nested)
    }
    if (!isNested(parent[last])) parent[last] = value
  }
  return worker
}

function isNested(value: Nested[string] | undefined): value is Nested {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
