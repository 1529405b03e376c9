import type { Config } from '../../config/load.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'

/**
 * Runs `work` on the configured ledger, beside a process that may run on it, and closes the ledger. Rejects
 * with `LedgerMissing` if there is none.
 */
export async function withLedger<T>(
  environment: NodeJS.ProcessEnv,
  work: (ledger: Ledger, config: Config) => Promise<T>,
  access: 'read' | 'write' = 'read',
): Promise<T> {
  const [{ readConfig }, { openExisting }] = await Promise.all([
    import('../../compose/config.ts'),
    import('../../compose/ledger.ts'),
  ])
  const config = readConfig(environment)
  const ledger = await openExisting(config, access)
  try {
    return await work(ledger, config)
  } finally {
    await ledger.close()
  }
}
