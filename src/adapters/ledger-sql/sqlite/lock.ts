import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { RollcallError } from '../../../core/errors.ts'

/**
 * One writing process per ledger file. The lock is an open transaction on a small database beside it, so the operating system gives it back
 * when the process dies, however it dies. Waits up to `patienceMs` for a predecessor that is just ending; throws `LedgerInUse` after that.
 */
export async function lockLedger(path: string, patienceMs: number): Promise<{ release(): void }> {
  if (path === ':memory:') return { release: () => {} }
  const database = new DatabaseSync(`${path}-lock`, { timeout: 0 })
  const attempts = Math.max(1, Math.ceil(patienceMs / 100))
  for (let attempt = 1; ; attempt++) {
    try {
      database.exec('BEGIN EXCLUSIVE')
      return { release: () => database.close() }
    } catch (error) {
      if (attempt >= attempts) {
        database.close()
        throw new RollcallError(
          'LedgerInUse',
          `the ledger ${path} is in use by another rollcall process: stop that one first, or name another file with LEDGER`,
          { cause: error },
        )
      }
      await sleep(100)
    }
  }
}
