import type { DirectoryUser } from '../directory/directory.ts'
import type { Mapping } from './mapping.ts'
import { entriesOf, type Value } from '../directory/row.ts'
import type { Settings } from '../settings.ts'

/**
 * The source attributes of a user after an operation: those that were sent, and of the others (sent
 * as null or empty, or not at all) those that the null flow does not clear. A new user has only
 * what was sent. Lists of values, the mandatory attributes and the key are never cleared.
 */
export function mergeSource(
  settings: Settings,
  mapping: Mapping,
  user: DirectoryUser | undefined,
  sent: ReadonlyMap<string, Value>,
): Map<string, Value> {
  const merged = new Map<string, Value>()
  for (const [path, value] of user?.source === undefined ? [] : entriesOf(user.source)) {
    const isKept =
      Array.isArray(value) || settings.mandatory.includes(path) || path === 'active' || !mapping.clears(path)
    if (isKept && !sent.has(path)) merged.set(path, value)
  }
  for (const [path, value] of sent) merged.set(path, value)
  return merged
}

/** Whether the account is enabled after the operation. */
export function activeAfter(
  settings: Settings,
  user: DirectoryUser | undefined,
  sent: ReadonlyMap<string, Value>,
): boolean {
  const value = sent.get('active')
  if (value !== undefined) return typeof value === 'string' ? value.toLowerCase() === 'true' : value === true
  return settings.omittedActive === 'disable' ? false : (user?.active ?? true)
}
