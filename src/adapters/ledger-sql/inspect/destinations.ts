import { DEFAULT_DESTINATION, DEFAULT_QUOTA } from '../../../core/destinations/destination.ts'
import type { DestinationFigures, DestinationName, QuotaFigures } from '../../../core/ledger/port/figures.ts'
import type { Hold } from '../../../core/ledger/port/submit.ts'
import { earliest } from '../../../core/plan/decide/resend.ts'
import type { Sql } from '../driver/sql.ts'
import { oldestUnanswered } from '../report/correlate.ts'
import { WATERMARK } from '../report/watermark.ts'
import { budget } from '../submit/budget.ts'
import { holdsInForce, JOB_SEEN } from '../submit/holds.ts'
import { readJobReport } from '../submit/job-report.ts'
import { depthReader, together } from './depth.ts'
import { cursorOf, readCursors } from '../tables/cursors.ts'

/** The destinations of a connector with a single job. */
const THE_ONE: DestinationName = { name: DEFAULT_DESTINATION, quota: DEFAULT_QUOTA }
export const SOLE: readonly DestinationName[] = [THE_ONE]

/** In the order in which they are given, which must be one at least. */
export async function destinationFigures(
  sql: Sql,
  [first, ...others]: readonly DestinationName[],
  now: number,
): Promise<readonly [DestinationFigures, ...DestinationFigures[]]> {
  const figures: [DestinationFigures, ...DestinationFigures[]] = [await figuresOf(sql, first ?? THE_ONE, now)]
  for (const one of others) figures.push(await figuresOf(sql, one, now))
  return figures
}

async function figuresOf(
  sql: Sql,
  { name, quota }: DestinationName,
  now: number,
): Promise<DestinationFigures> {
  const [seen, read] = [cursorOf(JOB_SEEN, name), cursorOf(WATERMARK, name)]
  const cursors = await readCursors(sql, [seen, read])
  const holds = await holdsInForce(sql, name, now)
  return {
    name,
    job: jobOf(cursors.get(seen), holds),
    jobReport: await readJobReport(sql, name),
    holds,
    quota: await quotaOf(sql, quota, now),
    ...(await depthsOf(sql, name)),
    watermark: cursors.get(read) ?? null,
  }
}

const OPEN = `FROM batches b JOIN operations o ON o.batch = b.seq
  WHERE b.state = 'open' AND b.destination = ? AND COALESCE(o.state, '') = 'batched'`
/**
 * Each reads an index of open work, by its beginning for the oldest. The oldest batched operation is
 * the oldest of few: those of the open batches.
 */
const readDepths = depthReader({
  pending: {
    count: `SELECT COUNT(*) FROM operations WHERE state = 'pending' AND destination = ?`,
    oldest: `SELECT created_at FROM operations WHERE state = 'pending' AND destination = ? ORDER BY seq LIMIT 1`,
  },
  batched: { count: `SELECT COUNT(*) ${OPEN}`, oldest: `SELECT MIN(o.created_at) ${OPEN}` },
  accepted: {
    count: `SELECT COUNT(*) FROM operations WHERE state = 'accepted' AND destination = ?`,
    oldest: `SELECT accepted_at FROM operations WHERE state = 'accepted' AND destination = ? ORDER BY accepted_at LIMIT 1`,
  },
  escrowed: {
    count: `SELECT COUNT(*) FROM operations WHERE state = 'escrowed' AND destination = ?`,
    oldest: `SELECT MIN(accepted_at) FROM operations WHERE state = 'escrowed' AND destination = ?`,
  },
})

type Depths = Pick<DestinationFigures, 'pending' | 'waiting' | 'accepted' | 'escrowed'>

async function depthsOf(sql: Sql, destination: string): Promise<Depths> {
  // Both queries of each of the four.
  const depth = await readDepths(sql, Array<string>(8).fill(destination))
  const pending = depth('pending')
  return {
    pending,
    waiting: together(pending, depth('batched')),
    accepted: depth('accepted'),
    escrowed: depth('escrowed'),
  }
}

/** Since when the oldest operation of these destinations is unanswered. */
export async function oldestOf(sql: Sql, destinations: readonly DestinationName[]): Promise<number | null> {
  let oldest: number | null = null
  for (const { name } of destinations) oldest = earliest(oldest, await oldestUnanswered(sql, name))
  return oldest
}

function jobOf(seenAt: number | undefined, holds: readonly Hold[]): DestinationFigures['job'] {
  return seenAt === undefined ? null : { running: holds.every(({ name }) => name !== 'job'), seenAt }
}

async function quotaOf(sql: Sql, quota: string, now: number): Promise<QuotaFigures> {
  const { used, oldestAt, lastAt } = await budget(sql, now, quota)
  return { used, oldestAt, lastAt }
}
