import { randomUUID } from 'node:crypto'
import { type Row, textOf } from './row.ts'

/** Somebody in the directory. */
export interface Person {
  readonly objectId: string
  /** Missing for somebody whom the job has not matched yet. */
  readonly externalId: string | undefined
  readonly active: boolean
  /** What the source has sent and still stands; missing before the first operation. */
  readonly source: Row | undefined
  /** The directory's own attributes. */
  readonly target: Row
  /** Operations that succeeded or changed nothing. */
  readonly operations: number
}

/** What `GET /directory` says of a person. */
export interface DirectoryEntry {
  readonly active: boolean
  /** The merged SCIM user; cleared attributes are absent. */
  readonly record: Readonly<Record<string, unknown>>
  readonly objectId: string
  readonly operations: number
}

export interface Directory {
  byExternalId(externalId: string): Person | undefined
  /** Everybody whose attribute has this value, whatever the case of its letters; only for the indexed attributes. */
  byAttribute(name: string, value: string): readonly Person[]
  byObjectId(objectId: string): Person | undefined
  put(person: Person): void
  all(): IterableIterator<Person>
  readonly size: number
}

export const newObjectId = (): string => randomUUID()

/** Attributes of which nobody may have the value of somebody else. */
export const uniqueAttributes: readonly string[] = ['userPrincipalName']

export function createDirectory(indexed: readonly string[]): Directory {
  const people = new Map<string, Person>()
  const links = new Map<string, string>()
  const indexes = new Map(
    [...indexed, ...uniqueAttributes].map((name) => [name, new Map<string, readonly string[]>()]),
  )
  const find = (objectId: string | undefined): Person | undefined =>
    objectId === undefined ? undefined : people.get(objectId)

  function reindex(former: Person | undefined, person: Person): void {
    for (const [name, index] of indexes) {
      const [before, after] = [
        textOf(former?.target, name)?.toLowerCase(),
        textOf(person.target, name)?.toLowerCase(),
      ]
      if (before === after) continue
      if (before !== undefined) {
        const rest = (index.get(before) ?? []).filter((objectId) => objectId !== person.objectId)
        if (rest.length === 0) index.delete(before)
        else index.set(before, rest)
      }
      if (after !== undefined) index.set(after, [...(index.get(after) ?? []), person.objectId])
    }
  }

  return {
    byExternalId: (externalId) => find(links.get(externalId)),
    byAttribute: (name, value) =>
      (indexes.get(name)?.get(value.toLowerCase()) ?? []).flatMap((objectId) => {
        const person = people.get(objectId)
        return person === undefined ? [] : [person]
      }),
    byObjectId: find,
    put(person) {
      reindex(people.get(person.objectId), person)
      if (person.externalId !== undefined) links.set(person.externalId, person.objectId)
      people.set(person.objectId, person)
    },
    all: () => people.values(),
    get size() {
      return people.size
    },
  }
}
