import { COUNTED, deadFigure, WAIT_FIGURES, waitFigureOf } from '../../../core/history/figures.ts'
import type { HistoryPoint, HistoryQuery, HistoryRecording } from '../../../core/ledger/port/views/history.ts'
import { insertRows, type Sql } from '../driver/sql.ts'
import { readCursor, setCursor } from '../tables/cursors.ts'
import { totals } from './counts.ts'
import { deadLettersByCode } from './figures.ts'

/** The last outcome whose time was counted. */
const CURSOR = 'history outcome'
/** The most codes whose count is kept: those with the most dead letters. */
const CODES = 20

export async function recordHistory(
  sql: Sql,
  { now, intervalMs, keptMs, most }: HistoryRecording,
): Promise<void> {
  const at = now - (now % intervalMs)
  const all = await totals(sql)
  const dead = (await deadLettersByCode(sql)).toSorted((one, other) => other.count - one.count)
  const values = new Map<string, number>([
    ...COUNTED.map((name): [string, number] => [name, all[name]]),
    ...(await waits(sql, most)),
    ...dead.slice(0, CODES).map(({ code, count }): [string, number] => [deadFigure(code), count]),
  ])
  await insertRows(
    sql,
    'history (figure TEXT, at INT, value INT)',
    [...values].map(([figure, value]) => [figure, at, value]),
    'ON CONFLICT (figure, at) DO UPDATE SET value = excluded.value',
  )
  await sql.run('DELETE FROM history WHERE at < ?', [now - keptMs])
}

/** Totals of how long first outcomes took. Outcomes from before the first call are left out. */
async function waits(sql: Sql, most: number): Promise<ReadonlyMap<string, number>> {
  const last = await sql.all<{ figure: string; value: number }>(
    WAIT_FIGURES.map(
      (figure) =>
        `SELECT figure, value FROM (SELECT figure, value FROM history WHERE figure = '${figure}' ORDER BY at DESC LIMIT 1) last`,
    ).join(' UNION ALL '),
  )
  const counts = new Map(last.map(({ figure, value }) => [figure, value]))
  const from = await readCursor(sql, CURSOR)
  const rows = await sql.all<{ id: number; wait: number | null }>(
    `SELECT o.id, CASE WHEN o.revision = 1 THEN o.at - CASE WHEN e.received_at > e.effective_at THEN e.received_at ELSE e.effective_at END END AS wait
     FROM (SELECT id, event_seq, revision, at FROM outbox WHERE id > ? ORDER BY id DESC LIMIT ?) o JOIN events e ON e.seq = o.event_seq`,
    [from ?? 0, from === null ? 1 : most],
  )
  if (rows.length > 0 || from === null)
    await setCursor(sql, CURSOR, Math.max(from ?? 0, ...rows.map(({ id }) => id)))
  for (const { wait } of from === null ? [] : rows) {
    if (wait === null) continue
    const figure = waitFigureOf(Math.max(0, wait))
    counts.set(figure, (counts.get(figure) ?? 0) + 1)
  }
  return new Map(WAIT_FIGURES.map((figure) => [figure, counts.get(figure) ?? 0]))
}

/** Along the key of each figure. */
export function readHistory(
  sql: Sql,
  { figures, since, stepMs }: HistoryQuery,
): Promise<readonly HistoryPoint[]> {
  const steps = 'at - at % CAST(? AS BIGINT)'
  return sql.all<HistoryPoint>(
    `SELECT figure, step AS at, MAX(value) AS value FROM (
       SELECT figure, ${steps} AS step, value FROM history WHERE figure IN (${figures.map(() => '?').join(', ')}) AND at >= ?) h
     GROUP BY figure, step ORDER BY figure, step`,
    [stepMs, ...figures, since],
  )
}
