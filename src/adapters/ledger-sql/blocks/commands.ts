import { isInForce, nextChangeOf } from '../../../core/blocks/period.ts'
import type {
  Block,
  Blocked,
  BlockOrder,
  BlocksPage,
  BlocksQuery,
  UnblockOrder,
} from '../../../core/ledger/port/blocks.ts'
import { insertRows, readCount, readRows, type Sql, type SqlValue } from '../driver/sql.ts'
import { employeeHash } from '../leavers/erased-marks.ts'
import { nearMatches } from '../leavers/near-matches.ts'
import { clearFailures, lockEmployees, planAgain, planAtOnce } from '../tables/employees.ts'
import { applyBlocks, BLOCK, blocksOf, UNBLOCK } from './marks.ts'
import { AUDIT } from '../tables/audit.ts'

export async function blockEmployees(
  sql: Sql,
  orders: readonly BlockOrder[],
  now: number,
): Promise<readonly Blocked[]> {
  const ids = orders.map(({ employeeId }) => employeeId.toWellFormed())
  // An event that introduces the employee at the same time must find the block.
  await sql.lock('intake')
  await lockEmployees(sql, ids)
  const marks = await blocksOf(sql, ids)
  await applyBlocks(
    sql,
    orders.map(({ employeeId, until, actor, justification }) => {
      const employee = employeeId.toWellFormed()
      const decidedAt = decidedAfter(marks.get(employee)?.decidedAt, now)
      const decision = { kind: 'block', since: now, until, decidedAt } as const
      return { employee, actor, justification, eventId: null, decision }
    }),
  )
  // A deactivation that failed for good is tried again: this is another decision.
  await clearFailures(sql, ids)
  await planAtOnce(sql, ids, now)
  await insertRows(
    sql,
    AUDIT,
    orders.map(({ actor, justification }, index) => [now, actor, BLOCK, justification, ids[index] ?? null]),
  )
  const known = await readRows<{ id: string }>(
    sql,
    ['id TEXT'],
    ids.map((id) => [id]),
    'SELECT p.id FROM v JOIN employees p ON p.id = v.id',
  )
  const knownIds = new Set(known.map(({ id }) => id))
  const candidates = await nearMatches(
    sql,
    ids.filter((id) => !knownIds.has(id)),
  )
  return ids.map((employeeId) => ({
    employeeId,
    known: knownIds.has(employeeId),
    candidates: candidates.get(employeeId) ?? [],
  }))
}

/**
 * The decision that a person makes now counts over earlier ones, even if a clock was ahead then.
 */
function decidedAfter(before: number | undefined, now: number): number {
  return before === undefined ? now : Math.max(now, before + 1)
}

export async function unblockEmployee(
  sql: Sql,
  { employeeId, actor, justification }: UnblockOrder,
  now: number,
): Promise<boolean> {
  const employee = employeeId.toWellFormed()
  await sql.lock('intake')
  await lockEmployees(sql, [employee])
  const mark = (await blocksOf(sql, [employee])).get(employee)
  if (!mark || !(isInForce(mark, now) || nextChangeOf(mark, now) !== null)) return false
  const decidedAt = decidedAfter(mark.decidedAt, now)
  const decision = { kind: 'unblock', at: now, decidedAt } as const
  await applyBlocks(sql, [{ employee, actor, justification, eventId: null, decision }])
  await planAgain(sql, [employee], now)
  await insertRows(sql, AUDIT, [[now, actor, UNBLOCK, justification, employee]])
  return true
}

/** Blocks that are in force, or begin later, at the moment of the parameter. */
export const NOT_ENDED = '(until IS NULL OR (until > ? AND until > since))'

type BlockRow = Omit<Block, 'employeeId' | 'eventId'> & {
  readonly hash: string
  readonly employee: string | null
  readonly event_id: string | null
}

export async function listBlocks(
  sql: Sql,
  { now, employeeId, next, limit }: BlocksQuery,
): Promise<BlocksPage> {
  const where = [NOT_ENDED, 'hash > ?']
  const parameters: SqlValue[] = [now, next ?? '']
  if (employeeId !== null) {
    where.push('hash = ?')
    parameters.push(employeeHash(sql.sealing, employeeId))
  }
  const rows = await sql.all<BlockRow>(
    `SELECT hash, employee, since, until, actor, justification, event_id FROM blocks WHERE ${where.join(' AND ')} ORDER BY hash LIMIT ?`,
    [...parameters, limit + 1],
  )
  const page = rows.slice(0, limit)
  return {
    blocks: page.map(({ hash, employee, event_id: eventId, ...rest }) => ({
      ...rest,
      eventId,
      employeeId: employee ?? `erased:${hash}`,
    })),
    next: rows.length > limit ? (page.at(-1)?.hash ?? null) : null,
  }
}

export function countBlocks(sql: Sql, now: number): Promise<number> {
  return readCount(
    sql,
    'SELECT COUNT(*) AS n FROM blocks WHERE since <= ? AND (until IS NULL OR until > ?)',
    [now, now],
  )
}
