import type { Ledger } from '../../../../core/ledger/ledger.ts'
import { ledgerInThread, type LedgerThread, type ThreadOptions } from '../thread/client.ts'
import type { ThreadModule } from '../thread/protocol.ts'
import type { PostgresAddress } from './driver-at.ts'
import type { LedgerKeys } from '../../sealing/keys.ts'
import type { PostgresWorkerOptions } from './worker.ts'

export interface PostgresLedgerOptions extends PostgresAddress {
  /** Names the writer in the books; several processes may have one name. */
  readonly instance: string
  /** Changes no table: for commands beside running instances. */
  readonly beside?: boolean
  /** With which values are encrypted; without them they are not. */
  readonly keys?: LedgerKeys | null
  readonly now: () => number
  readonly onGone?: ThreadOptions['onGone']
}

/**
 * The ledger in a PostgreSQL database, its connections in a thread of their own. Throws
 * `LedgerTooNew`, `LedgerNotReady`, `LedgerRefused` and `LedgerUnavailable`.
 */
export async function openPostgresLedger(options: PostgresLedgerOptions): Promise<Ledger> {
  return (await postgresThread(options)).ledger
}

/** The same, with a module beside the ledger in its thread. */
export function postgresThread(options: PostgresLedgerOptions, module?: ThreadModule): Promise<LedgerThread> {
  const {
    location,
    auth,
    instance,
    connections,
    statementMs,
    beside = false,
    keys = null,
    now,
    onGone,
  } = options
  const common = {
    location,
    instance,
    connections,
    statementMs,
    beside,
    keys,
    now: now(),
    ...(module ? { module } : {}),
  }
  const workerData: PostgresWorkerOptions =
    auth.kind === 'password'
      ? { ...common, auth: { kind: 'password', password: auth.password } }
      : { ...common, auth: { kind: 'entra' } }
  return ledgerInThread(new URL('./worker.ts', import.meta.url), workerData, {
    ...(auth.kind === 'entra' ? { tokenFor: auth.tokens } : {}),
    ...(onGone ? { onGone } : {}),
  })
}
