import { maskedLocation } from '../../adapters/ledger-sql/driver/postgres/address.ts'
import { isShared, mayBeThere, openLedger } from '../../adapters/ledger-sql/open.ts'
import type { Config } from '../../config/load.ts'
import { RollcallError } from '../../core/errors.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import { masked } from '../../core/display/mask.ts'
import { ledgerAddress } from '../addresses.ts'

/** Where the ledger is, without its password. */
export const ledgerName = (config: Config): string => maskedLocation(config.LEDGER)

/** Whether several processes may run on the ledger: a database, not a file. */
export const isSharedLedger = (config: Config): boolean => isShared({ location: config.LEDGER })

/**
 * False if the ledger is a file that does not exist. A database is only asked when it is opened.
 */
export const mayHaveLedger = (config: Config): boolean => mayBeThere({ location: config.LEDGER })

/**
 * Opens a ledger beside a process that may run on it. Throws `LedgerMissing`; never creates one.
 */
export async function openExisting(config: Config, access: 'read' | 'write'): Promise<Ledger> {
  expectLedger(config, ', or start one with rollcall run')
  return openLedger(ledgerAddress(config), { kind: access }, Date.now)
}

/**
 * Opens a ledger as `rollcall run` does: alone on a file, and with tables created if they are
 * missing.
 */
export function openOwn(config: Config, patience: { readonly patienceMs?: number } = {}): Promise<Ledger> {
  return openLedger(ledgerAddress(config), { kind: 'own', ...patience }, Date.now)
}

/** Throws `LedgerMissing` if the ledger is a file that does not exist. */
export function expectLedger(config: Config, otherwise = ''): void {
  if (!mayHaveLedger(config))
    throw new RollcallError(
      'LedgerMissing',
      `no ledger at ${masked(config.LEDGER)}; name another with LEDGER${otherwise}`,
    )
}

/** PostgreSQL: rewrites the tables, so that no deleted value stays in their files. */
export async function rewriteLedger(config: Config, onTable: (name: string) => void): Promise<void> {
  // The client of PostgreSQL is loaded here only when it is needed.
  const { rewriteTables } = await import('../../adapters/ledger-sql/driver/postgres/rewrite.ts')
  return rewriteTables(ledgerAddress(config), onTable)
}
