import type { LedgerAge, LedgerMark, Restoration, Restored } from '../../../core/ledger/port/upkeep.ts'
import { EVERYWHERE, olderSince } from '../submit/holds.ts'
import { raiseFindings } from '../findings/findings.ts'
import { insertRows, type Sql } from '../driver/sql.ts'
import { readCursor, setCursor } from '../tables/cursors.ts'
import { totals } from '../inspect/counts.ts'
import { PROGRESS } from '../tables/totals.ts'
import { earliestWatermark, rewindWatermarks } from '../report/watermark.ts'
import { AUDIT } from '../tables/audit.ts'

const EPOCH = 'epoch'
const EPOCH_OUTSIDE = 'epoch-outside'
/** Until a person says otherwise. */
const FOR_EVER = Date.UTC(9999, 11, 31)

export async function age(sql: Sql): Promise<LedgerAge> {
  const sums = await totals(sql)
  return {
    epoch: (await readCursor(sql, EPOCH)) ?? 0,
    progress: PROGRESS.reduce((sum, name) => sum + sums[name], 0),
    olderSince: await olderSince(sql),
  }
}

export async function foundOlder(sql: Sql, mark: LedgerMark, now: number): Promise<void> {
  await setCursor(sql, EPOCH_OUTSIDE, mark.epoch)
  await insertRows(
    sql,
    'holds (destination TEXT, name TEXT, since INT, until INT, noted_at INT, status INT, detail TEXT)',
    [[EVERYWHERE, 'restored', now, FOR_EVER, now, null, null]],
    'ON CONFLICT (destination, name) DO NOTHING',
  )
  await raiseFindings(
    sql,
    [
      {
        code: 'LedgerOlderThanDirectory',
        about: `${mark.epoch}/${mark.progress}`,
        employee: null,
        detail: `found at ${new Date(now).toISOString()}`,
      },
    ],
    now,
  )
}

export async function ledgerRestored(
  sql: Sql,
  { since, actor, justification, lagMs }: Restoration,
  now: number,
): Promise<Restored> {
  await sql.lock('report')
  const foundAt = await olderSince(sql)
  if (foundAt === null) return { kind: 'not-older' }
  const readUntil = await earliestWatermark(sql)
  const needed = foundAt - lagMs
  if (readUntil === null || readUntil < needed) return { kind: 'log-not-read', readUntil, needed }
  const epoch = Math.max((await readCursor(sql, EPOCH)) ?? 0, (await readCursor(sql, EPOCH_OUTSIDE)) ?? 0) + 1
  await setCursor(sql, EPOCH, epoch)
  await rewindWatermarks(sql, since)
  await sql.run(`DELETE FROM holds WHERE name = 'restored'`)
  await sql.run(
    `UPDATE findings SET acknowledged_at = ?, acknowledged_by = ?, justification = ? WHERE code = 'LedgerOlderThanDirectory' AND acknowledged_at IS NULL`,
    [now, actor, justification],
  )
  await insertRows(sql, AUDIT, [
    [now, actor, 'ledger.restored', justification, `since ${new Date(since).toISOString()}`],
  ])
  return { kind: 'restored', epoch }
}
