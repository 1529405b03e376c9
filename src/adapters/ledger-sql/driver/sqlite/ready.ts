import { existsSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { RollcallError } from '../../../../core/errors.ts'
import { MIGRATIONS, schemaState } from '../../schema.ts'
import type { Driver } from '../sql.ts'
import { openSqlite } from './driver.ts'

const LOOK_EVERY_MS = 50
const OF_EVERY_LEDGER = ['migrations', 'events', 'employees']

/** Whether a file holds a ledger, of whichever release. */
export async function holdsLedger(driver: Driver): Promise<boolean> {
  const tables = await tablesIn(driver)
  return OF_EVERY_LEDGER.every((name) => tables.has(name))
}

/**
 * Throws `LedgerNotReady` for the database of another program, because the ledger's tables would be
 * made among its tables.
 */
export async function expectLedgerOrNothing(path: string): Promise<void> {
  // An empty file is one that was just made.
  if (!existsSync(path) || statSync(path).size === 0) return
  // Opened for reading only, because opening it for writing would change it.
  const driver = openSqlite(path, { readOnly: true })
  try {
    if ((await tablesIn(driver)).size > 0 && !(await holdsLedger(driver)))
      throw new RollcallError(
        'LedgerNotReady',
        `${path} is a database of another program and is left as it is; name another file with LEDGER`,
      )
  } finally {
    await driver.close()
  }
}

async function tablesIn(driver: Driver): Promise<ReadonlySet<string>> {
  const rows = await driver.transaction((sql) =>
    sql.all<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table'`),
  )
  return new Set(rows.map(({ name }) => name))
}

/**
 * A reader beside a writer may open the file before the writer has created its tables, so it
 * waits up to `patienceMs` for this release's schema. Throws what `schemaState` throws, or
 * `LedgerNotReady` when the file still holds none or an older one.
 */
export async function waitForSchema(driver: Driver, path: string, patienceMs: number): Promise<void> {
  const attempts = Math.max(1, Math.ceil(patienceMs / LOOK_EVERY_MS))
  for (let attempt = 1; ; attempt++) {
    const { kind, version } = await schemaState(driver)
    if (kind === 'ready') return
    if (attempt >= attempts)
      throw new RollcallError(
        'LedgerNotReady',
        `${path} holds no ledger of this release (schema ${version}, not ${MIGRATIONS.length}); start rollcall run on it once, or name another file with LEDGER`,
      )
    await sleep(LOOK_EVERY_MS)
  }
}
