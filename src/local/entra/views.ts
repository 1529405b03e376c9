import type { Directory, DirectoryEntry, Person } from './directory.ts'
import type { Log } from './log.ts'
import type { Rows } from './row.ts'
import { unflatten } from './scim.ts'
import { createSlices } from './slices.ts'

/** Which record answers which operation. Several records can answer one operation. */
export interface TruthEntry {
  readonly recordId: string
  readonly changeId: string
  readonly externalId: string
  readonly bulkId: string
  readonly requestId: string
  readonly clientRequestId: string
}

/** What only the double can show. */
export interface Views {
  readonly directory: () => Promise<Readonly<Record<string, DirectoryEntry>>>
  readonly truth: () => Promise<readonly TruthEntry[]>
  /** The same as JSON text, in pieces, giving way to other work between them. */
  directoryJson(): AsyncGenerator<string>
  truthJson(): AsyncGenerator<string>
}

export function createViews(directory: Directory, log: Log, rows: Rows): Views {
  const entryOf = ({ active, objectId, operations, source }: Person): DirectoryEntry => ({
    active,
    record: source === undefined ? {} : { ...unflatten(source, rows), active },
    objectId,
    operations,
  })

  async function* people(): AsyncGenerator<readonly [string, DirectoryEntry]> {
    const slices = createSlices()
    for (const person of directory.all()) {
      await slices.pause()
      yield [person.externalId ?? person.objectId, entryOf(person)]
    }
  }

  async function* truths(): AsyncGenerator<TruthEntry> {
    const slices = createSlices()
    for (const { id: recordId, changeId, externalId, origin } of log.all()) {
      await slices.pause()
      yield { recordId, changeId, externalId, ...origin }
    }
  }

  async function* pieces<T>(items: AsyncIterable<T>, open: string, close: string, write: (item: T) => string): AsyncGenerator<string> {
    let text = open
    let separator = ''
    for await (const item of items) {
      text += separator + write(item)
      separator = ',\n'
      if (text.length > 65_536) {
        yield text
        text = ''
      }
    }
    yield text + close
  }

  return {
    async directory() {
      const found: (readonly [string, DirectoryEntry])[] = []
      for await (const entry of people()) found.push(entry)
      return Object.fromEntries(found)
    },
    async truth() {
      const found: TruthEntry[] = []
      for await (const entry of truths()) found.push(entry)
      return found
    },
    directoryJson: () => pieces(people(), '{', '}', ([externalId, entry]) => `${JSON.stringify(externalId)}:${JSON.stringify(entry)}`),
    truthJson: () => pieces(truths(), '[', ']', (entry) => JSON.stringify(entry)),
  }
}
