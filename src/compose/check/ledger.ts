import { openLedger } from '../../adapters/ledger-sql/open.ts'
import type { Config } from '../../config/load.ts'
import { clockOffset, TOLERABLE_MS } from '../../core/ledger/clock.ts'
import { RollcallError } from '../../core/errors.ts'
import { ledgerAddress } from '../addresses.ts'
import { isSharedLedger, ledgerName } from '../ledger/open.ts'
import { failed, type Proof } from './proof.ts'

/** For errors that do not say themselves what to do. */
const ADVICE =
  'check that LEDGER names a file in a folder this process may write to, or a database it may make tables in'

/**
 * Whether the ledger can be written and, for a database, whether the clocks agree. A database is
 * opened beside the processes that run on it: only `run` and `ledger migrate` change its schema.
 */
export async function proveLedger(config: Config): Promise<Proof[]> {
  const ok = (say: string): Proof => ({ what: 'ledger', outcome: 'ok', say })
  try {
    const offsetMs = await tryLedger(config)
    const ledger = ok(`${ledgerName(config)} can be written`)
    return offsetMs === null ? [ledger] : [ledger, clockProof(offsetMs)]
  } catch (error) {
    const said = acceptable(error, config)
    return [said === null ? failed('ledger', error, error instanceof RollcallError ? '' : ADVICE) : ok(said)]
  }
}

/**
 * Opens the ledger for writing and pings it. Returns the offset of a database's clock in
 * milliseconds.
 */
async function tryLedger(config: Config): Promise<number | null> {
  const shared = isSharedLedger(config)
  const access = shared ? ({ kind: 'write' } as const) : ({ kind: 'own', patienceMs: 0 } as const)
  const ledger = await openLedger(ledgerAddress(config), access, Date.now)
  try {
    await ledger.ping()
    return shared ? await clockOffset(ledger, Date.now) : null
  } finally {
    await ledger.close()
  }
}

/** The message for an error that does not count as a failure; `null` for any other. */
function acceptable(error: unknown, config: Config): string | null {
  if (!(error instanceof RollcallError)) return null
  if (error.code === 'LedgerInUse') return `${ledgerName(config)} is in use by a running rollcall`
  // `run` creates what is missing in a database. A file like that belongs to another program.
  return isSharedLedger(config) && error.code === 'LedgerNotReady' ? error.message : null
}

function clockProof(offsetMs: number): Proof {
  if (Math.abs(offsetMs) <= TOLERABLE_MS)
    return { what: 'clock', outcome: 'ok', say: 'agrees with that of the database' }
  const direction = offsetMs > 0 ? 'ahead' : 'behind'
  return {
    what: 'clock',
    outcome: 'failed',
    say: `the database is ${Math.abs(offsetMs)} ms ${direction}; instances use their own clocks: synchronise this machine and the database by NTP`,
  }
}
