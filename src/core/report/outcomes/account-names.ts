import { optionalRead } from '../../directory/optional-read.ts'
import { RollcallError } from '../../errors.ts'
import type { OutcomeRow } from '../../ledger/port/report.ts'
import type { AccountNames, AccountReader } from '../../ports.ts'
import type { Runtime } from '../../runtime.ts'

/** How long outcomes wait for the names of their accounts. */
const WITHIN_MS = 5_000

/** The names of accounts, by object id. An account without an entry is not known at the moment. */
export type NamesByObject = ReadonlyMap<string, AccountNames>
const NONE: NamesByObject = new Map()

/** Reads the names of the accounts that outcomes are about. */
export interface NameLookup {
  /**
   * The accounts of all these outcomes, asked for together. Never holds them up for longer than
   * `WITHIN_MS`, and never throws for what the directory does: they are then sent without names.
   */
  find(rows: readonly Pick<OutcomeRow, 'objectId'>[], signal: AbortSignal): Promise<NamesByObject>
}

export function nameLookup(
  reader: Pick<AccountReader, 'findNames'>,
  runtime: Pick<Runtime, 'now' | 'log' | 'sleep'>,
): NameLookup {
  const ask = optionalRead('publish.unnamed', 'outcomes are sent without the names of accounts', runtime)
  return {
    find: async (rows, signal) => {
      const objects = [...new Set(rows.flatMap(({ objectId }) => objectId ?? []))]
      if (objects.length === 0) return NONE
      const found = await ask(() => within(runtime, signal, (cut) => reader.findNames(objects, cut)), signal)
      return found === null ? NONE : new Map(found.map((names) => [names.objectId, names]))
    },
  }
}

/** Throws `DirectoryUnavailable` when there is no answer in time. */
async function within<T>(
  { sleep }: Pick<Runtime, 'sleep'>,
  signal: AbortSignal,
  read: (cut: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const cut = AbortSignal.any([signal, over.signal])
  const reading = read(cut)
  const late = sleep(WITHIN_MS, cut).then((): never => {
    throw new RollcallError('DirectoryUnavailable', 'the list of users did not answer in time')
  })
  try {
    return await Promise.race([reading, late])
  } finally {
    over.abort()
  }
}
