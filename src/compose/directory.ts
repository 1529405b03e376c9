import { graphAccounts } from '../adapters/graph/accounts.ts'
import { graphClient } from '../adapters/graph/client.ts'
import { useProxy } from '../adapters/proxy.ts'
import { systemClock } from '../adapters/system.ts'
import type { Config } from '../config/load.ts'
import { beginComparison } from '../core/directory/comparison.ts'
import type { DirectorySettings } from '../core/directory/loop.ts'
import type { Difference, DirectoryLedger, DirectoryRead } from '../core/ledger/port/directory.ts'
import { RollcallError } from '../core/errors.ts'
import type { AccountReader, NamedAccount } from '../core/ports.ts'
import { localOnlyCredential } from './addresses.ts'
import { directoriesIn } from './destinations/directories.ts'
import { destinationsIn, type ReachedDestination } from './destinations/list.ts'

/** Graph shows a change of an account in a list of users only after a while. */
export const SETTLE_MS = 900_000

/** How long one look for user names may take. */
const FIND_MS = 60_000

/** Reads the accounts of the tenant of this destination through Graph. */
async function accountReaderOf(
  config: Config,
  { endpoint, tenant }: ReachedDestination,
): Promise<AccountReader> {
  const credential = await localOnlyCredential(config, endpoint, tenant)
  const graph = graphClient(endpoint, credential, config.HTTP_TIMEOUT_MS, Date.now)
  return graphAccounts(graph, config.rules.directory, Date.now)
}

/**
 * Finds accounts by name for what only looks. Answers `null` when the directory cannot
 * be asked, which `onNotAsked` gets the reason of, once.
 */
export function accountFinder(
  config: Config,
  onNotAsked: (why: string) => void,
): (names: readonly string[]) => Promise<readonly NamedAccount[] | null> {
  // One reader for all of the search, so that its token is asked for once.
  let reader: AccountReader | null = null
  let refused = false
  return async (names) => {
    if (refused) return null
    using _proxied = useProxy(config)
    try {
      reader ??= await accountReaderOf(config, destinationsIn(config)[0])
      return await reader.findByName(names, AbortSignal.timeout(FIND_MS))
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error
      refused = true
      onNotAsked(error.message)
      return null
    }
  }
}

/** `null` when the directory is compared by hand only. */
export function directorySettingsOf(config: Config): DirectorySettings | null {
  const everyMs = config.DIRECTORY_DIFF_MS
  return Number.isFinite(everyMs)
    ? { everyMs, settleMs: SETTLE_MS, cleared: config.rules.directory.cleared }
    : null
}

/**
 * Compares all accounts with the ledger, step by step, and returns how it went. `onStep` gets what
 * each step found, and how many accounts are read so far.
 */
export async function compareByHand(
  config: Config,
  ledger: DirectoryLedger,
  dryRun: boolean,
  onStep: (found: readonly Difference[], accounts: number) => Promise<void>,
): Promise<DirectoryRead> {
  using _proxied = useProxy(config)
  let found: readonly Difference[] = []
  const comparison = beginComparison({
    ledger,
    directories: await directoriesIn(config, (one) => accountReaderOf(config, one)),
    runtime: systemClock,
    settleMs: SETTLE_MS,
    cleared: config.rules.directory.cleared,
    dryRun,
    onDifferences: (differences) => void (found = differences),
  })
  const { signal } = new AbortController()
  for (;;) {
    const read = await comparison.step(signal)
    await onStep(found, comparison.accounts)
    if (read !== null) return read
    found = []
  }
}
