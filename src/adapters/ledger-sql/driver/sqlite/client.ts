import type { Ledger } from '../../../../core/ledger/ledger.ts'
import { ledgerInThread, type LedgerThread, type ThreadOptions } from '../thread/client.ts'
import type { ThreadModule } from '../thread/protocol.ts'
import type { LedgerKeys } from '../../sealing/keys.ts'
import type { SqliteWorkerOptions } from './worker.ts'

export interface SqliteLedgerOptions {
  /** The file; it is created when it does not exist. */
  readonly path: string
  /** For `status` and `trace` beside a running process: takes no lock and changes nothing. */
  readonly readOnly?: boolean
  /**
   * For an operator's command beside a running process: takes no lock, and its transactions wait
   * their turn.
   */
  readonly beside?: boolean
  /**
   * How long to wait for another process to let go of the file, or, for reading, to have made its
   * tables.
   */
  readonly patienceMs?: number
  /** With which values are encrypted; without them they are not. */
  readonly keys?: LedgerKeys | null
  readonly now: () => number
  readonly onGone?: ThreadOptions['onGone']
}

const PATIENCE_MS = 5_000

/**
 * The ledger in a SQLite file: in a thread of its own for the process that runs on it, else in this
 * thread. Rejects with `LedgerInUse`, `LedgerTooNew`, `LedgerNotReady`, or the database's error
 * about the file.
 */
export async function openSqliteLedger(options: SqliteLedgerOptions): Promise<Ledger> {
  const { path, readOnly = false, beside = false, patienceMs = PATIENCE_MS, keys = null } = options
  if (readOnly || beside) {
    // Loaded only here: the process that runs on the ledger needs none of it in this thread.
    const { openBeside } = await import('./beside.ts')
    return openBeside({ path, readOnly, patienceMs, keys })
  }
  return (await sqliteThread(options)).ledger
}

/** The same for the process that runs on the ledger, with a module beside it in its thread. */
export function sqliteThread(
  { path, patienceMs = PATIENCE_MS, keys = null, now, onGone }: SqliteLedgerOptions,
  module?: ThreadModule,
): Promise<LedgerThread> {
  const workerData: SqliteWorkerOptions = {
    path,
    patienceMs,
    keys,
    now: now(),
    ...(module ? { module } : {}),
  }
  return ledgerInThread(new URL('./worker.ts', import.meta.url), workerData, onGone ? { onGone } : {})
}
