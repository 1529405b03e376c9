import type { Config } from '../../config/load.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'

/**
 * Opens the configured ledger for `work` and closes it afterwards; an instance may run on it at the
 * same time. Rejects with `LedgerMissing` when the ledger does not exist.
 */
export async function withLedger<T>(
  environment: NodeJS.ProcessEnv,
  work: (ledger: Ledger, config: Config) => Promise<T>,
  access: 'read' | 'write' = 'read',
): Promise<T> {
  const [{ readConfig }, { openExisting }] = await Promise.all([
    import('../../compose/config.ts'),
    import('../../compose/ledger/open.ts'),
  ])
  const config = readConfig(environment)
  const ledger = await openExisting(config, access)
  try {
    return await work(ledger, config)
  } finally {
    await ledger.close()
  }
}
