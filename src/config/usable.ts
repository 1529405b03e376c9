import type { Path, Problem } from './path.ts'
import { FILE, type FileContent } from './schema.ts'

/** What of a file can be used although other parts of it cannot. */
export interface UsableContent {
  readonly content: FileContent
  /** Whether a problem may only be there because a part was left out. */
  mayFollow(problem: Problem): boolean
}

/**
 * The file without the parts in which the schema found problems, so that one check finds the
 * problems of the others too; `null` when it cannot be used even so. Sources keep their places.
 */
export function usableContent(value: unknown, problems: readonly Problem[]): UsableContent | null {
  const left = structuredClone(value)
  const without = problems.map(({ path }) => leaveOut(left, path))
  if (without.some((path) => path === null)) return null
  const parsed = FILE.safeParse(left)
  if (!parsed.success) return null
  const paths = without.filter((path) => path !== null)
  const shapeIsOut = paths.some(([top]) => top === 'shapes')
  const channelsAreOut = paths.some(([top, second]) => top === 'notifications' && second === 'channels')
  return {
    content: parsed.data,
    mayFollow: ({ path }) =>
      paths.some((out) => out.every((part, index) => path[index] === part)) ||
      (shapeIsOut && path[0] === 'sources' && path[2] === 'access') ||
      (channelsAreOut && path[0] === 'notifications' && path.at(-1) === 'to'),
  }
}

/** Leaves out, or replaces, the smallest part that others do not depend on. Its path, or `null`. */
function leaveOut(file: unknown, [top, second, third]: Path): Path | null {
  if (typeof file !== 'object' || file === null || Array.isArray(file) || top === undefined) return null
  const part = ownPart(file, top)
  if (top === 'sources' && typeof second === 'number' && Array.isArray(part)) {
    const name = `unusable source ${second + 1}`
    part[second] = { name, queue: name }
    return [top, second]
  }
  if (second === undefined || typeof part !== 'object' || part === null || Array.isArray(part)) {
    Reflect.deleteProperty(file, top)
    return [top]
  }
  // A key that would set a prototype only goes.
  if (top === 'shapes' && second !== '__proto__') {
    Reflect.set(part, second, { event: '$' })
    return [top, second]
  }
  const below = ownPart(part, second)
  if (top === 'mapping' && second === 'attributes' && third !== undefined && isObject(below)) {
    Reflect.deleteProperty(below, third)
    return [top, second, third]
  }
  Reflect.deleteProperty(part, second)
  return [top, second]
}

/** An inherited part is not the file's: what is left out of it would be missing everywhere. */
function ownPart(of: object, name: string | number): unknown {
  return Object.hasOwn(of, name) ? Reflect.get(of, name) : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
