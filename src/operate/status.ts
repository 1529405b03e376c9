import { existsSync } from 'node:fs'
import { openSqliteLedger } from '../adapters/ledger-sql/sqlite/client.ts'
import { readConfig } from '../config.ts'
import { RollcallError } from '../core/errors.ts'
import type { Ledger } from '../core/ledger/port.ts'
import { keepBooks } from './books.ts'
import { type Format, printJson, printTable } from './output.ts'

/** A ledger to look at, beside a process that may be running on it. Throws `LedgerMissing`. */
export async function withLedger<T>(environment: NodeJS.ProcessEnv, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const path = readConfig(environment).LEDGER
  if (!existsSync(path))
    throw new RollcallError('LedgerMissing', `there is no ledger at ${path}; name another with LEDGER, or start one with rollcall run`)
  const ledger = await openSqliteLedger({ path, readOnly: true, now: Date.now })
  try {
    return await work(ledger)
  } finally {
    await ledger.close()
  }
}

/** 0 when the books balance, 3 when they do not. */
export function status(environment: NodeJS.ProcessEnv, format: Format): Promise<number> {
  return withLedger(environment, async (ledger) => {
    const { totals, census } = await ledger.inspect()
    const books = keepBooks(totals, census)
    const { nextAt } = await ledger.idle(Date.now())
    if (format === 'json')
      printJson({
        ...books,
        operationsByState: census.operations,
        batchesByState: census.batches,
        nextAt: nextAt === null ? null : new Date(nextAt).toISOString(),
      })
    else {
      printTable(['events', ''], [...Object.entries(books.events), ['open', books.open]])
      printTable(
        ['', ''],
        [
          ['messages', books.messages],
          ['duplicates', books.duplicates],
          ['rejected', books.rejected],
          ['employees', books.employees],
          ['operations', books.operations],
          ['calls', books.calls],
          ['outcomes not yet published', books.unpublished],
          ['next moment', nextAt === null ? 'none' : new Date(nextAt).toISOString()],
          ['books', books.balanced ? 'balanced' : books.wrong.join('; ')],
        ],
      )
    }
    return books.balanced ? 0 : 3
  })
}
