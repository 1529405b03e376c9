import { existsSync } from 'node:fs'
import type { Ledger } from '../../core/ledger/ledger.ts'
import { checkReadable, checkWritable } from '../files.ts'
import { isPostgresUrl, type PostgresAuth } from './driver/postgres/address.ts'
import { openPostgresLedger, postgresThread } from './driver/postgres/client.ts'
import { openSqliteLedger, sqliteThread } from './driver/sqlite/client.ts'
import type { LedgerThread } from './driver/thread/client.ts'
import type { ThreadModule } from './driver/thread/protocol.ts'
import type { LedgerKeys } from './sealing/keys.ts'

/** Where the ledger is, and how it is reached. */
export interface LedgerAddress {
  /** A file, or a `postgres://` URL. */
  readonly location: string
  readonly auth: PostgresAuth
  readonly instance: string
  readonly connections: number
  readonly statementMs: number
  /** Gets the keys with which values are encrypted; `null` where they are not. */
  readonly keys: () => Promise<LedgerKeys | null>
}

export interface LedgerAccess {
  /**
   * - `own`: to run on; makes it where it is not there. A file belongs to one such process, a
   *   database to any number.
   * - `read`, `write`: for commands while a connector uses it
   */
  readonly kind: 'own' | 'read' | 'write'
  /** How long to wait for another process to let go of a file. */
  readonly patienceMs?: number
  /** Told when the ledger is lost to this process for good. */
  readonly onGone?: (error: Error) => void
}

/** Whether several processes may run on the ledger there. */
export const isShared = ({ location }: Pick<LedgerAddress, 'location'>): boolean => isPostgresUrl(location)

/**
 * False when the file does not exist. For PostgreSQL always true, because only the server can tell.
 */
export const mayBeThere = ({ location }: Pick<LedgerAddress, 'location'>): boolean =>
  isPostgresUrl(location) || existsSync(location)

/**
 * Rejects with what `openSqliteLedger` and `openPostgresLedger` reject with, and with
 * `FileUnreadable` and its like; never throws.
 */
export async function openLedger(
  place: LedgerAddress,
  { kind, patienceMs, onGone }: LedgerAccess,
  now: () => number,
): Promise<Ledger> {
  const told = onGone ? { onGone } : {}
  const keys = await place.keys()
  if (isPostgresUrl(place.location))
    return openPostgresLedger({ ...place, keys, beside: kind !== 'own', now, ...told })
  checkFile(place.location, kind)
  const patience = patienceMs === undefined ? {} : { patienceMs }
  return openSqliteLedger({
    path: place.location,
    readOnly: kind === 'read',
    beside: kind === 'write',
    keys,
    ...patience,
    now,
    ...told,
  })
}

/**
 * Opens a ledger to run on, with a module beside it in its thread. Rejects as `openLedger` does.
 */
export async function openLedgerThread(
  place: LedgerAddress,
  { onGone, module }: Pick<LedgerAccess, 'onGone'> & { readonly module: ThreadModule },
  now: () => number,
): Promise<LedgerThread> {
  const told = onGone ? { onGone } : {}
  const keys = await place.keys()
  if (isPostgresUrl(place.location)) return postgresThread({ ...place, keys, now, ...told }, module)
  checkFile(place.location, 'own')
  return sqliteThread({ path: place.location, keys, now, ...told }, module)
}

/**
 * Reports a folder in place of a file, a missing folder, or missing rights before the driver fails
 * on it.
 */
function checkFile(location: string, kind: LedgerAccess['kind']): void {
  if (kind === 'read') checkReadable('LEDGER', location)
  else checkWritable('LEDGER', location)
}
