import { randomUUID } from 'node:crypto'
import { type Row, textOf } from './row.ts'

/** Somebody in the directory. */
export interface Person {
  readonly objectId: string
  readonly externalId: string
  readonly active: boolean
  /** What the source has sent and still stands. */
  readonly source: Row
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
  byUserPrincipalName(name: string): Person | undefined
  byObjectId(objectId: string): Person | undefined
  put(person: Person): void
  all(): IterableIterator<Person>
  readonly size: number
}

export const newObjectId = (): string => randomUUID()

const userName = (person: Person): string | undefined => textOf(person.target, 'userPrincipalName')?.toLowerCase()

export function createDirectory(): Directory {
  const people = new Map<string, Person>()
  const names = new Map<string, string>()
  const objects = new Map<string, string>()
  const find = (externalId: string | undefined): Person | undefined => (externalId === undefined ? undefined : people.get(externalId))
  return {
    byExternalId: find,
    byUserPrincipalName: (name) => find(names.get(name.toLowerCase())),
    byObjectId: (objectId) => find(objects.get(objectId)),
    put(person) {
      const former = people.get(person.externalId)
      const formerName = former === undefined ? undefined : userName(former)
      if (formerName !== undefined && names.get(formerName) === person.externalId) names.delete(formerName)
      const name = userName(person)
      if (name !== undefined) names.set(name, person.externalId)
      objects.set(person.objectId, person.externalId)
      people.set(person.externalId, person)
    },
    all: () => people.values(),
    get size() {
      return people.size
    },
  }
}
