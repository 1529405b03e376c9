import { RollcallError } from '../../../core/errors.ts'
import type { Access, Driver, Sql } from '../driver/sql.ts'
import type { Transactions } from '../methods/transactions.ts'
import { type InstanceProgress, writeTotals } from '../tables/totals.ts'
import { olderSince } from '../submit/holds.ts'
import { age, foundOlder } from './ledger-age.ts'

/** The ledger lacks what this process committed to it; the transaction must not be committed. */
class LostCommits extends Error {
  override readonly name = 'LostCommits'
  readonly lost: number
  constructor(lost: number) {
    super(`${lost} lost`)
    this.lost = lost
  }
}

/**
 * Transactions that write, each of which finds out whether an earlier one of this process is gone:
 * a standby took over that had not received it. The ledger then counts as older than the directory,
 * and the transaction rejects with `LedgerOlder` before anything comes of it. The counter outside
 * the ledger would be too slow, because new messages can raise the ledger above it in between.
 */
export function writing(driver: Driver, now: () => number): Pick<Transactions, 'write' | 'deferred'> {
  const reached = new Map<string, number>()
  const transaction = async <T>(work: (sql: Sql) => Promise<T>, access: Access): Promise<T> => {
    try {
      const { result, written } = await driver.transaction(async (sql) => {
        const result = await work(sql)
        const written = await writeTotals(sql)
        expectAll(written, reached)
        return { result, written }
      }, access)
      for (const { instance, before, after } of written)
        reached.set(instance, before === 0 ? after : Math.max(after, reached.get(instance) ?? 0))
      return result
    } catch (error) {
      if (!(error instanceof LostCommits)) throw error
      await noteLoss(driver, error.lost, now())
      // From here on the hold says it.
      reached.clear()
      throw new RollcallError(
        'LedgerOlder',
        'the database lacks what was committed to it: a copy that lagged behind took its place; nothing is sent until the missing events are fed again and rollcall ledger restored is run: see docs/guides/restore.md',
      )
    }
  }
  return {
    write: (work) => transaction(work, 'write'),
    deferred: (work) => transaction(work, 'deferred'),
  }
}

/** An instance without a row begins anew: the ledger was emptied. */
function expectAll(written: readonly InstanceProgress[], reached: ReadonlyMap<string, number>): void {
  for (const { instance, before } of written) {
    const lost = (reached.get(instance) ?? 0) - before
    if (before > 0 && lost > 0) throw new LostCommits(lost)
  }
}

async function noteLoss(driver: Driver, lost: number, now: number): Promise<void> {
  await driver.transaction(async (sql) => {
    if ((await olderSince(sql)) !== null) return
    const { epoch, progress } = await age(sql)
    await foundOlder(sql, { epoch, progress: progress + lost }, now)
  })
}
