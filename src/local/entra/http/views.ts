import type { Directory, DirectoryEntry, DirectoryUser } from '../directory/directory.ts'
import type { Log } from '../log/log.ts'
import type { Rows } from '../directory/row.ts'
import { createUnflatten } from '../directory/scim.ts'
import { createSlices } from '../support/slices.ts'

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
  const unflatten = createUnflatten(rows)
  const entryOf = ({ active, objectId, operations, source }: DirectoryUser): DirectoryEntry => ({
    active,
    record: source === undefined ? {} : { ...unflatten(source), active },
    objectId,
    operations,
  })

  function* users(): Generator<readonly [string, DirectoryEntry]> {
    for (const user of directory.all()) yield [user.externalId ?? user.objectId, entryOf(user)]
  }

  function* truths(): Generator<TruthEntry> {
    for (const { id: recordId, changeId, externalId, origin } of log.all())
      yield { recordId, changeId, externalId, ...origin }
  }

  return {
    directory: async () => Object.fromEntries(await collect(users())),
    truth: () => collect(truths()),
    directoryJson: () =>
      pieces(
        users(),
        '{',
        '}',
        ([externalId, entry]) => `${JSON.stringify(externalId)}:${JSON.stringify(entry)}`,
      ),
    truthJson: () => pieces(truths(), '[', ']', (entry) => JSON.stringify(entry)),
  }
}

/** A list as text, in pieces, giving way to other work between them. */
async function* pieces<T>(
  items: Iterable<T>,
  open: string,
  close: string,
  write: (item: T) => string,
): AsyncGenerator<string> {
  const slices = createSlices()
  let text = open
  let separator = ''
  for (const item of items) {
    text += separator + write(item)
    separator = ',\n'
    const isDue = slices.pause()
    if (isDue !== undefined) await isDue
    if (text.length > 65_536) {
      yield text
      text = ''
    }
  }
  yield text + close
}

/** A list, giving way to other work while it grows. */
async function collect<T>(items: Iterable<T>): Promise<T[]> {
  const slices = createSlices()
  const found: T[] = []
  for (const item of items) {
    found.push(item)
    const isDue = slices.pause()
    if (isDue !== undefined) await isDue
  }
  return found
}
