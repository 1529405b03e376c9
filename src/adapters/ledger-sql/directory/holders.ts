import type {
  AccountHolder,
  AccountKeys,
  HoldersPage,
  HoldersQuery,
} from '../../../core/ledger/port/directory.ts'
import { accountNameOf } from '../../../core/plan/mapping/account-names.ts'
import { type Sql, readRows } from '../driver/sql.ts'
import { findNameHolders } from '../names/account-names.ts'
import { type Sealed, type Sealing, openOrNull } from '../sealing/sealing.ts'

interface HolderRow {
  readonly id: string
  readonly revision: number
  readonly object_id: string | null
  readonly operation: number | null
  readonly record: Sealed | null
  readonly active: number | null
  readonly answered_at: number | null
  readonly under_way: number
  readonly is_leaver: number
  readonly disabled_elsewhere_at: number | null
  readonly destination: string | null
}

/**
 * `COUNT` instead of `EXISTS`, because PostgreSQL would read all operations and cases for the
 * latter.
 */
const COLUMNS = `p.id, p.revision, p.destination, p.object_id, p.accepted_active AS active, d.at AS disabled_elsewhere_at,
   CASE WHEN p.accepted_hash IS NOT NULL THEN r.record ELSE NULL END AS record, r.operation, COALESCE(t.answered_at, t.created_at) AS answered_at,
   CASE WHEN p.unanswered > 0 OR p.dirty_at IS NOT NULL OR p.next_at <= ? OR (
     SELECT COUNT(*) FROM operations o WHERE o.employee = p.id
       AND o.state IN ('pending', 'batched', 'accepted', 'answered', 'escrowed')) > 0 THEN 1 ELSE 0 END AS under_way,
   CASE WHEN COALESCE(p.accepted_active, 0) = 0 OR p.accepted_hash IS NULL THEN (
     SELECT COUNT(*) FROM leaver_cases c WHERE c.employee = p.id
       AND (c.ended_at IS NULL OR COALESCE(p.accepted_active, 1) = 0)) ELSE 0 END AS is_leaver`
const JOINS = `LEFT JOIN operations t ON t.seq = p.accepted_operation LEFT JOIN records r ON r.operation = t.seq
   LEFT JOIN foreign_deactivations d ON d.employee = p.id`

/** As the port says. */
export async function findAccountHolders(
  sql: Sql,
  accounts: readonly AccountKeys[],
  { now, seen }: Pick<HoldersQuery, 'now' | 'seen'>,
): Promise<readonly AccountHolder[]> {
  const ids = await idsOf(sql, accounts)
  const rows = await readRows<HolderRow>(
    sql,
    ['id TEXT'],
    [...ids].map((id) => [id]),
    `SELECT ${COLUMNS} FROM v JOIN employees p ON p.id = v.id ${JOINS}`,
    [now],
  )
  const holders = rows.map((row) => toHolder(sql.sealing, row))
  if (!seen) return holders
  const left = await leftAccountsOf(sql, [...ids], seen)
  const elsewhere = new Set(
    rows.flatMap(({ id, destination: at }) => (at === null || seen.includes(at) ? [] : [id])),
  )
  return holders.map((holder) => seenOnly(holder, left.get(holder.employeeId), elsewhere))
}

/** Of an employee whose account the reader does not see, only what was left is judged. */
function seenOnly(
  holder: AccountHolder,
  left: AccountHolder['left'],
  elsewhere: ReadonlySet<string>,
): AccountHolder {
  const own = elsewhere.has(holder.employeeId)
    ? ({
        elsewhere: true,
        objectId: null,
        accepted: null,
        isLeaver: false,
        disabledElsewhereAt: null,
      } as const)
    : {}
  return { ...holder, ...own, ...(left ? { left } : {}) }
}

async function leftAccountsOf(
  sql: Sql,
  ids: readonly string[],
  seen: readonly string[],
): Promise<ReadonlyMap<string, NonNullable<AccountHolder['left']>>> {
  const rows = await readRows<{
    employee: string
    destination: string
    objectId: string | null
    leftAt: number
  }>(
    sql,
    ['id TEXT'],
    ids.map((id) => [id]),
    `SELECT l.employee, l.destination, l.object_id AS "objectId", l.left_at AS "leftAt" FROM v JOIN left_accounts l ON l.employee = v.id`,
  )
  const there = rows.filter(({ destination }) => seen.includes(destination))
  return Map.groupBy(there, ({ employee }) => employee)
}

async function idsOf(sql: Sql, accounts: readonly AccountKeys[]): Promise<ReadonlySet<string>> {
  const byObject = await readRows<{ id: string; object_id: string }>(
    sql,
    ['object_id TEXT'],
    accounts.map(({ objectId }) => [objectId]),
    `SELECT p.id, p.object_id FROM v JOIN employees p ON p.object_id = v.object_id
     UNION SELECT l.employee AS id, l.object_id FROM v JOIN left_accounts l ON l.object_id = v.object_id`,
  )
  const byId = await readRows<{ id: string }>(
    sql,
    ['id TEXT'],
    [...new Set(accounts.flatMap(({ employeeId }) => employeeId ?? []))].map((id) => [id]),
    'SELECT p.id FROM v JOIN employees p ON p.id = v.id',
  )
  const objects = new Set(byObject.map((row) => row.object_id))
  const employees = new Set(byId.map(({ id }) => id))
  const names = accounts.flatMap(({ objectId, employeeId, userName }) =>
    userName === null || objects.has(objectId) || (employeeId !== null && employees.has(employeeId))
      ? []
      : [accountNameOf(userName)],
  )
  const byName = await findNameHolders(sql, names)
  return new Set([...byObject, ...byId].map(({ id }) => id).concat(byName.map((one) => one.employeeId)))
}

/** As the port says. */
export async function listActiveHolders(
  sql: Sql,
  { after, limit, now, seen }: HoldersQuery,
): Promise<HoldersPage> {
  const there = seen ? ` AND p.destination IN (${seen.map(() => '?').join(', ')})` : ''
  const rows = await sql.all<HolderRow>(
    `SELECT ${COLUMNS} FROM employees p ${JOINS}
     WHERE p.id > ? AND p.accepted_active = 1 AND p.accepted_hash IS NOT NULL${there} ORDER BY p.id LIMIT ?`,
    [now, after ?? '', ...(seen ?? []), limit],
  )
  const last = rows.length === limit ? rows.at(-1) : undefined
  return { holders: rows.map((row) => toHolder(sql.sealing, row)), next: last?.id ?? null }
}

function toHolder(sealing: Sealing, row: HolderRow): AccountHolder {
  const { answered_at: at } = row
  const record = openOrNull(sealing, 'records.record', row.operation ?? '', row.record)
  return {
    employeeId: row.id,
    revision: row.revision,
    objectId: row.object_id,
    accepted: record === null || at === null ? null : { record, at, active: row.active === 1 },
    underWay: row.under_way === 1,
    isLeaver: row.is_leaver > 0,
    disabledElsewhereAt: row.disabled_elsewhere_at,
  }
}
