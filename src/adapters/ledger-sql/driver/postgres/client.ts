import type { Ledger } from '../../../../core/ledger/ledger.ts'
import { ledgerInThread, type ThreadOptions } from '../thread/client.ts'
import type { PostgresAddress } from './driver-at.ts'
import type { PostgresWorkerOptions } from './worker.ts'

export interface PostgresLedgerOptions extends PostgresAddress {
  /** Names the writer in the books; several processes may have one name. */
  readonly instance: string
  /** Changes no table: for commands beside running instances. */
  readonly beside?: boolean
  readonly now: () => number
  readonly onGone?: ThreadOptions['onGone']
}

/** The ledger in a PostgreSQL database, its connections in a thread of their own. Throws `LedgerTooNew`, `LedgerNotReady`, `LedgerRefused` and `LedgerUnavailable`. */
export function openPostgresLedger(options: PostgresLedgerOptions): Promise<Ledger> {
  const { location, auth, instance, connections, statementMs, beside = false, now, onGone } = options
  const common = { location, instance, connections, statementMs, beside, now: now() }
  const workerData: PostgresWorkerOptions =
    auth.kind === 'password'
      ? { ...common, auth: { kind: 'password', password: auth.password } }
      : { ...common, auth: { kind: 'entra' } }
  return ledgerInThread(new URL('./worker.ts', import.meta.url), workerData, {
    ...(auth.kind === 'entra' ? { tokenFor: auth.tokens } : {}),
    ...(onGone ? { onGone } : {}),
  })
}
