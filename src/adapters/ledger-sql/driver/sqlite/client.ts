import type { Ledger } from '../../../../core/ledger/ledger.ts'
import { ledgerInThread, type ThreadOptions } from '../thread/client.ts'
import type { SqliteWorkerOptions } from './worker.ts'

export interface SqliteLedgerOptions {
  /** The file; it is made when it is not there. */
  readonly path: string
  /** For `status` and `trace` beside a running process: takes no lock and changes nothing. */
  readonly readOnly?: boolean
  /** For an operator's command beside a running process: takes no lock, and its transactions wait their turn. */
  readonly beside?: boolean
  /** How long to wait for another process to let go of the file, or, for reading, to have made its tables. */
  readonly patienceMs?: number
  readonly now: () => number
  readonly onGone?: ThreadOptions['onGone']
}

/**
 * The ledger in a SQLite file, in a thread of its own. Throws `LedgerInUse`, `LedgerTooNew`, `LedgerNotReady`, or
 * the database's error about the file.
 */
export function openSqliteLedger({
  path,
  readOnly = false,
  beside = false,
  patienceMs = 5_000,
  now,
  onGone,
}: SqliteLedgerOptions): Promise<Ledger> {
  const workerData: SqliteWorkerOptions = {
    path,
    instance: 'sqlite',
    readOnly,
    beside,
    patienceMs,
    now: now(),
  }
  return ledgerInThread(new URL('./worker.ts', import.meta.url), workerData, onGone ? { onGone } : {})
}
