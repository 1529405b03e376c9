import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { RollcallError } from '../../../../core/errors.ts'
import { makePrivate } from '../../../private-file.ts'
import { isBusy, toldOfFile } from './failures.ts'
import { expectOnePath, IN_MEMORY, realPlace } from './place.ts'

const TRY_EVERY_MS = 100

/**
 * One writing process per ledger file. The lock is an open transaction on a small database beside
 * it, so the operating system gives it back when the process dies, however it dies. Waits up to
 * `patienceMs` for a predecessor that is just ending; throws `LedgerInUse` after that, and
 * `LedgerRefused` for a file that has a second path, where it would not help. A lock whose file is
 * removed is noticed by `SoleWriter`.
 */
export async function lockLedger(given: string, patienceMs: number): Promise<{ release(): void }> {
  if (given === IN_MEMORY) return { release: () => {} }
  const path = realPlace(given)
  expectOnePath(path)
  const database = openLock(path)
  const attempts = Math.max(1, Math.ceil(patienceMs / TRY_EVERY_MS))
  for (let attempt = 1; ; attempt++) {
    try {
      database.exec('BEGIN EXCLUSIVE')
      return { release: () => database.close() }
    } catch (error) {
      if (!isBusy(error) || attempt >= attempts) database.close()
      if (!isBusy(error)) throw toldOfFile(error, `${path}-lock`)
      if (attempt >= attempts)
        throw new RollcallError(
          'LedgerInUse',
          `the ledger ${path} is in use by another rollcall process: stop that one first, or name another file with LEDGER`,
          { cause: error },
        )
      await sleep(TRY_EVERY_MS)
    }
  }
}

function openLock(path: string): DatabaseSync {
  try {
    makePrivate(`${path}-lock`)
    return new DatabaseSync(`${path}-lock`, { timeout: 0 })
  } catch (error) {
    throw toldOfFile(error, path)
  }
}
