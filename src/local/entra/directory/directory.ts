import { randomUUID } from 'node:crypto'
import { type Row, type Rows, textOf, type Value } from './row.ts'

/** A user in the directory. */
export interface DirectoryUser {
  readonly objectId: string
  /** Undefined if the job has not matched the user yet. */
  readonly externalId: string | undefined
  readonly active: boolean
  /** The merged source. Undefined before the first operation. */
  readonly source: Row | undefined
  /** The directory's own attributes. */
  readonly target: Row
  /** Operations that succeeded or changed nothing. */
  readonly operations: number
}

/** A user as `GET /directory` returns it. */
export interface DirectoryEntry {
  readonly active: boolean
  /** The merged SCIM user; cleared attributes are absent. */
  readonly record: Readonly<Record<string, unknown>>
  readonly objectId: string
  readonly operations: number
}

export interface Directory {
  byExternalId(externalId: string): DirectoryUser | undefined
  /** The users with this value of an indexed attribute. Case is ignored. */
  byAttribute(name: string, value: string): readonly DirectoryUser[]
  byObjectId(objectId: string): DirectoryUser | undefined
  put(user: DirectoryUser): void
  /** Does nothing when there is no such user. */
  remove(objectId: string): void
  all(): IterableIterator<DirectoryUser>
  /**
   * At most `top` users from a position on, oldest first, and where the next page begins; undefined
   * at the end. A user that was removed leaves its position empty.
   */
  page(
    from: number,
    top: number,
  ): { readonly users: readonly DirectoryUser[]; readonly next: number | undefined }
  readonly size: number
}

/** The user with these attributes of the directory. */
export function withTarget(
  user: DirectoryUser,
  target: ReadonlyMap<string, Value>,
  rows: Rows,
): DirectoryUser {
  return { ...user, active: target.get('accountEnabled') !== false, target: rows.row(target) }
}

export const newObjectId = (): string => randomUUID()

/** Attributes whose values must be unique among users. */
export const UNIQUE_ATTRIBUTES: readonly string[] = ['userPrincipalName']

export function createDirectory(indexed: readonly string[]): Directory {
  const users = new Map<string, DirectoryUser>()
  const order: string[] = []
  const links = new Map<string, string>()
  const indexes = createIndexes([...indexed, ...UNIQUE_ATTRIBUTES])
  const find = (objectId: string | undefined): DirectoryUser | undefined =>
    objectId === undefined ? undefined : users.get(objectId)

  return {
    byExternalId: (externalId) => find(links.get(externalId)),
    byAttribute: (name, value) => indexes.find(name, value).flatMap((objectId) => find(objectId) ?? []),
    byObjectId: find,
    put(user) {
      const { objectId, externalId, target } = user
      indexes.update(objectId, users.get(objectId)?.target, target)
      if (externalId !== undefined) links.set(externalId, objectId)
      if (!users.has(objectId)) order.push(objectId)
      users.set(objectId, user)
    },
    remove(objectId) {
      const user = users.get(objectId)
      if (user === undefined) return
      indexes.update(objectId, user.target, undefined)
      if (user.externalId !== undefined) links.delete(user.externalId)
      users.delete(objectId)
    },
    all: () => users.values(),
    page(from, top) {
      const found: DirectoryUser[] = []
      let at = from
      while (at < order.length && found.length < top) {
        const user = find(order[at])
        at += 1
        if (user !== undefined) found.push(user)
      }
      return { users: found, next: at < order.length ? at : undefined }
    },
    get size() {
      return users.size
    },
  }
}

/** Object ids by the values of some attributes. Case is ignored. */
interface Indexes {
  find(name: string, value: string): readonly string[]
  /** The user's row was `former` and is now `target`. */
  update(objectId: string, former: Row | undefined, target: Row | undefined): void
}

function createIndexes(names: readonly string[]): Indexes {
  const indexes = new Map(names.map((name) => [name, new Map<string, readonly string[]>()]))
  return {
    find: (name, value) => indexes.get(name)?.get(value.toLowerCase()) ?? [],
    update(objectId, former, target) {
      for (const [name, index] of indexes) {
        const [before, after] = [textOf(former, name)?.toLowerCase(), textOf(target, name)?.toLowerCase()]
        if (before === after) continue
        if (before !== undefined) {
          const rest = (index.get(before) ?? []).filter((other) => other !== objectId)
          if (rest.length === 0) index.delete(before)
          else index.set(before, rest)
        }
        if (after !== undefined) index.set(after, [...(index.get(after) ?? []), objectId])
      }
    },
  }
}
