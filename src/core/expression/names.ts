/** What an expression names anywhere in its tree (jsonata 2.2.2, `ast()`). */
export interface Names {
  /** Every variable, functions among them, without its `$`. */
  readonly variables: ReadonlySet<string>
  readonly regexes: readonly RegExp[]
}

/**
 * Looks at every node, of whatever type: a list of refused functions that is looked up only in nodes we know would be one that a node we
 * do not know gets round.
 */
export function namesOf(ast: unknown): Names {
  const variables = new Set<string>()
  const regexes: RegExp[] = []
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
    open.push(...Object.values(node))
  }
  return { variables, regexes }
}
