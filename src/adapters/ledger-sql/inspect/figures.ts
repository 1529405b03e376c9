import type { EmergencyWait } from '../../../core/emergency/reasons.ts'
import type { FindingCode } from '../../../core/findings/codes.ts'
import type { Depth, Figures, FiguresQuery, LeaverFigures } from '../../../core/ledger/port/figures.ts'
import { LEAVER_CAUSES, type LeaverCause } from '../../../core/leavers/causes.ts'
import { countBlocks } from '../blocks/commands.ts'
import { BUS_CAPPED, BUS_COUNTED, busDeadLetters } from '../dead-letters/bus-count.ts'
import { UNKNOWN_REASON } from '../dead-letters/dead-letters.ts'
import { readCount, type Sql } from '../driver/sql.ts'
import { countDeactivations } from '../plan/brake.ts'
import { DUE_REASONS, nowsOf } from '../plan/due.ts'
import { readCursors } from '../tables/cursors.ts'
import { notAccepted, totals } from './counts.ts'
import { type CountRow, depthReader, toDepth, together } from './depth.ts'
import { destinationFigures, oldestOf, SOLE } from './destinations.ts'

/** Each reads a partial index of open work, by its beginning for the oldest. */
const readDepths = depthReader({
  received: {
    count: `SELECT COUNT(*) FROM events WHERE state = 'received'`,
    oldest: `SELECT received_at FROM events WHERE state = 'received' AND planned_at IS NULL AND finished_at IS NULL ORDER BY received_at LIMIT 1`,
  },
  answered: {
    count: `SELECT COUNT(*) FROM operations WHERE state = 'answered'`,
    oldest: `SELECT answered_at FROM operations WHERE state = 'answered' ORDER BY final_at LIMIT 1`,
  },
  unpublished: {
    count: 'SELECT COUNT(*) FROM outbox WHERE published_at IS NULL',
    oldest: 'SELECT at FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT 1',
  },
  incomplete: {
    count: 'SELECT COUNT(*) FROM employees WHERE incomplete_since IS NOT NULL',
    oldest:
      'SELECT incomplete_since FROM employees WHERE incomplete_since IS NOT NULL ORDER BY incomplete_since LIMIT 1',
  },
  held: {
    count: 'SELECT COUNT(*) FROM employees WHERE braked_at IS NOT NULL',
    oldest: 'SELECT braked_at FROM employees WHERE braked_at IS NOT NULL ORDER BY braked_at LIMIT 1',
  },
})

export async function figures(
  sql: Sql,
  { now, brakeWindowMs, destinations = SOLE }: FiguresQuery,
): Promise<Figures> {
  const depth = await readDepths(sql)
  const held = depth('held')
  const cursors = await readCursors(sql, [BUS_COUNTED, BUS_CAPPED])
  const [first, ...others] = await destinationFigures(sql, destinations, now)
  const waiting = [first, ...others].map((one) => one.waiting).reduce(together)
  const accepted = [first, ...others].map((one) => one.accepted).reduce(together)
  const unanswered = accepted.count + (await sentBefore(sql))
  return {
    totals: await totals(sql),
    stages: {
      received: depth('received'),
      due: await dueEmployees(sql, now),
      waiting,
      accepted,
      answered: depth('answered'),
      unpublished: depth('unpublished'),
    },
    unanswered: { count: unanswered, oldestAt: unanswered === 0 ? null : await oldestOf(sql, destinations) },
    incomplete: depth('incomplete'),
    ...first,
    others,
    brake: {
      window: await countDeactivations(sql, brakeWindowMs, now),
      held: held.count,
      heldSince: held.oldestAt,
    },
    leavers: await leavers(sql),
    emergencyWaits: await emergencyWaits(sql),
    findings: await findings(sql),
    deadLetters: await deadLettersByCode(sql),
    busDeadLetters: await busDeadLetters(sql, cursors),
    blocks: await countBlocks(sql, now),
    notAccepted: (await notAccepted(sql)).count,
  }
}

/**
 * Most are due after their quiet time, and are counted from the index only. The age of an urgent
 * employee is that of its first unplanned event.
 */
async function dueEmployees(sql: Sql, now: number): Promise<Depth> {
  const rows = await sql.all<CountRow>(
    DUE_REASONS.map(
      ({ which, since }) => `SELECT COUNT(*) AS n, MIN(${since}) AS oldest FROM employees WHERE ${which}`,
    ).join(' UNION ALL '),
    DUE_REASONS.flatMap((reason) => nowsOf(reason, now)),
  )
  return rows.map(toDepth).reduce(together)
}

/** Operations of batches that are not accepted yet, and were sent before. */
function sentBefore(sql: Sql): Promise<number> {
  return readCount(
    sql,
    `SELECT COUNT(*) AS n FROM batches b JOIN operations o ON o.batch = b.seq
     WHERE b.state = 'open' AND COALESCE(o.state, '') = 'batched' AND o.times_submitted > 0`,
  )
}

async function leavers(sql: Sql): Promise<LeaverFigures> {
  const rows = await sql.all<CountRow & { readonly cause: string }>(
    'SELECT cause, COUNT(*) AS n, MIN(opened_at) AS oldest FROM leaver_cases WHERE ended_at IS NULL GROUP BY cause ORDER BY cause',
  )
  const known = (cause: string): cause is LeaverCause => Object.hasOwn(LEAVER_CAUSES, cause)
  return {
    ...rows.map(toDepth).reduce(together, { count: 0, oldestAt: null }),
    causes: rows.flatMap(({ cause, ...row }) => (known(cause) ? [{ cause, ...toDepth(row) }] : [])),
  }
}

async function emergencyWaits(sql: Sql): Promise<Figures['emergencyWaits']> {
  const rows = await sql.all<CountRow & { readonly why: EmergencyWait }>(
    `SELECT emergency_wait AS why, COUNT(*) AS n, MIN(opened_at) AS oldest FROM leaver_cases
     WHERE ended_at IS NULL AND emergency_wait IS NOT NULL GROUP BY emergency_wait ORDER BY emergency_wait`,
  )
  return rows.map(({ why, ...row }) => ({ why, ...toDepth(row) }))
}

async function findings(sql: Sql): Promise<Figures['findings']> {
  const rows = await sql.all<CountRow & { readonly code: FindingCode }>(
    `SELECT code, COUNT(*) AS n, MIN(raised_at) AS oldest FROM findings
     WHERE settled_at IS NULL AND acknowledged_at IS NULL GROUP BY code ORDER BY code`,
  )
  return rows.map(({ code, ...row }) => ({ code, ...toDepth(row) }))
}

/** Dead letters that are not archived, by code. */
export async function deadLettersByCode(sql: Sql): Promise<Figures['deadLetters']> {
  const rows = await sql.all<CountRow & { readonly reason: string | null }>(
    `SELECT reason, COUNT(*) AS n, MIN(finished_at) AS oldest FROM events
     WHERE state = 'dead-lettered' AND archived_at IS NULL GROUP BY reason ORDER BY reason`,
  )
  return rows.map(({ reason, ...row }) => ({ code: reason ?? UNKNOWN_REASON, ...toDepth(row) }))
}
