/** The names that occur anywhere in the tree of an expression (jsonata 2.2.2, `ast()`). */
export interface Names {
  /** Every variable and function, without its `$`. */
  readonly variables: ReadonlySet<string>
  readonly regexes: readonly RegExp[]
  /** Names of fields that it looks for in its input, or in what it makes itself. */
  readonly fields: ReadonlySet<string>
}

/**
 * Visits every node, whatever its type. If it visited only node types it knows, a refused function
 * could hide in another type.
 */
export function namesOf(ast: unknown): Names {
  const variables = new Set<string>()
  const regexes: RegExp[] = []
  const fields = new Set<string>()
  const made = new Set<string>()
  const seen = new Set<object>()
  const open: unknown[] = [ast]
  while (open.length > 0) {
    const node = open.pop()
    if (typeof node !== 'object' || node === null || seen.has(node)) continue
    seen.add(node)
    if (node instanceof RegExp) {
      regexes.push(node)
      continue
    }
    const { type, value } = node as { readonly type?: unknown; readonly value?: unknown }
    if (type === 'variable' && typeof value === 'string') variables.add(value)
    if (type === 'name' && typeof value === 'string') fields.add(value)
    // The key of an object that the expression builds, which it may read again.
    if (type === 'string' && typeof value === 'string') made.add(value)
    open.push(...Object.values(node))
  }
  return { variables, regexes, fields: new Set([...fields].filter((name) => !made.has(name))) }
}
