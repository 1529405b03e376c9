/** An address without scheme, host and outer slashes. */
export function pathOf(address: string): string {
  return address.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/^\/+|\/+$/g, '')
}

/**
 * Whether a path is that of an entity, or of something that belongs to it. A queue may be called
 * `a/b` beside one called `a`.
 */
export function isAt(path: string, entity: string): boolean {
  const [key, at] = [path.toLowerCase(), pathOf(entity).toLowerCase()]
  if (!key.startsWith(at)) return false
  const rest = key.slice(at.length)
  return rest === '' || rest.startsWith('/$') || rest.startsWith('/subscriptions/')
}
