import type { FindingCode } from '../../../core/findings/codes.ts'
import type {
  Acknowledgement,
  Finding,
  FindingsPage,
  FindingsQuery,
} from '../../../core/ledger/port/findings.ts'
import type { NewFinding } from '../../../core/findings/finding.ts'
import { insertRows, readRows, type Sql, type SqlValue, writeRows } from '../driver/sql.ts'
import { storedKey } from '../tables/event-row.ts'
import { AUDIT } from '../tables/audit.ts'

/** A finding as the table holds it. */
interface FindingRow {
  readonly code: FindingCode
  /** What it is about, in one text: the same is raised once. */
  readonly about: string
  readonly employee: string | null
  readonly event?: number
  readonly detail: string | null
}

/**
 * Raises what has not been raised before. Answers the numbers of those that are new, by what they
 * are about.
 */
export async function raiseFindings(
  sql: Sql,
  findings: readonly FindingRow[],
  now: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await insertRows<{ seq: number; about: string }>(
    sql,
    'findings (code TEXT, about TEXT, employee TEXT, event_seq INT, raised_at INT, detail TEXT)',
    [...new Map(findings.map((one) => [`${one.code}\n${one.about}`, one])).values()]
      .sort((a, b) => (a.about < b.about ? -1 : 1))
      .map(({ code, about, employee, event, detail }) => [code, about, employee, event ?? null, now, detail]),
    'ON CONFLICT (code, about) DO NOTHING RETURNING seq, about',
  )
  return new Map(rows.map(({ seq, about }) => [about, seq]))
}

/**
 * Raises what intake or the plan found. An event that the ledger does not hold is left out of its
 * finding.
 */
export async function raiseNewFindings(
  sql: Sql,
  findings: readonly NewFinding[],
  now: number,
): Promise<void> {
  if (findings.length === 0) return
  const rows = await readRows<{ seq: number; event_id: string; source: string }>(
    sql,
    ['id TEXT', 'source TEXT'],
    findings.flatMap(({ event }) => (event ? [[event.id, event.source]] : [])),
    'SELECT e.seq, e.event_id, e.source FROM v JOIN events e ON e.event_id = v.id AND e.source = v.source',
  )
  const seqs = new Map(rows.map((row) => [storedKey(row.event_id, row.source), row.seq]))
  await raiseFindings(
    sql,
    findings.map(({ code, about, employeeId: employee, event, detail }) => {
      const seq = event && seqs.get(storedKey(event.id, event.source))
      return { code, about, employee, detail, ...(seq ? { event: seq } : {}) }
    }),
    now,
  )
}

interface Row {
  readonly seq: number
  readonly code: FindingCode
  readonly employee: string | null
  readonly source: string | null
  readonly event_id: string | null
  readonly raised_at: number
  readonly detail: string | null
  readonly settled_at: number | null
  readonly acknowledged_at: number | null
  readonly acknowledged_by: string | null
  readonly justification: string | null
}
const SELECT = `SELECT f.seq, f.code, f.employee, e.source, e.event_id, f.raised_at, f.detail, f.settled_at, f.acknowledged_at, f.acknowledged_by, f.justification
  FROM findings f LEFT JOIN events e ON e.seq = f.event_seq`
export const OPEN_FINDING = 'f.settled_at IS NULL AND f.acknowledged_at IS NULL'

export async function listFindings(
  sql: Sql,
  { open, code, employeeId: employee, since = null, next, limit }: FindingsQuery,
): Promise<FindingsPage> {
  const where = ['f.seq > ?', ...(open ? [OPEN_FINDING] : [])]
  const parameters: SqlValue[] = [next ?? 0]
  if (code !== null) {
    where.push('f.code = ?')
    parameters.push(code)
  }
  if (employee !== null) {
    where.push('f.employee = ?')
    parameters.push(employee)
  }
  if (since !== null) {
    where.push('f.raised_at >= ?')
    parameters.push(since)
  }
  const rows = await sql.all<Row>(`${SELECT} WHERE ${where.join(' AND ')} ORDER BY f.seq LIMIT ?`, [
    ...parameters,
    limit + 1,
  ])
  const page = rows.slice(0, limit)
  return { findings: page.map(toFinding), next: rows.length > limit ? (page.at(-1)?.seq ?? null) : null }
}

export async function findFinding(sql: Sql, seq: number): Promise<Finding | null> {
  const [row] = await sql.all<Row>(`${SELECT} WHERE f.seq = ?`, [seq])
  return row ? toFinding(row) : null
}

/** The codes of the open findings about these events, each once, by the number of the event. */
export async function openFindingsOf(
  sql: Sql,
  events: readonly number[],
): Promise<ReadonlyMap<number, readonly FindingCode[]>> {
  const rows = await readRows<{ event_seq: number; code: FindingCode }>(
    sql,
    ['seq INT'],
    [...new Set(events)].map((seq) => [seq]),
    `SELECT DISTINCT f.event_seq, f.code FROM v JOIN findings f ON f.event_seq = v.seq WHERE ${OPEN_FINDING}`,
  )
  const byEvent = Map.groupBy(rows, (row) => row.event_seq)
  return new Map([...byEvent].map(([event, found]) => [event, found.map(({ code }) => code).sort()]))
}

/**
 * Records that a person has looked at the finding. Returns false if it does not exist or was
 * acknowledged before.
 * Who, when and why is kept.
 */
export async function acknowledgeFinding(
  sql: Sql,
  { seq, actor, justification }: Acknowledgement,
  now: number,
): Promise<boolean> {
  const [row] = await sql.all<{ code: FindingCode }>(
    `UPDATE findings SET acknowledged_at = ?, acknowledged_by = ?, justification = ? WHERE seq = ? AND acknowledged_at IS NULL RETURNING code`,
    [now, actor, justification, seq],
  )
  if (!row) return false
  await insertRows(sql, AUDIT, [[now, actor, 'finding.acknowledge', justification, `finding-${seq}`]])
  return true
}

/** Later events or records decided these; what falls away again raises them again. */
export async function settleFindings(
  sql: Sql,
  seqs: readonly number[],
  settled: boolean,
  now: number,
): Promise<void> {
  await writeRows(
    sql,
    ['seq INT', 'settled_at INT'],
    seqs.map((seq) => [seq, settled ? now : null]),
    `UPDATE findings SET settled_at = v.settled_at FROM v WHERE findings.seq = v.seq AND findings.acknowledged_at IS NULL`,
  )
}

function toFinding(row: Row): Finding {
  const { acknowledged_at: at, acknowledged_by: by } = row
  return {
    seq: row.seq,
    code: row.code,
    employeeId: row.employee,
    event: row.source !== null && row.event_id !== null ? { source: row.source, id: row.event_id } : null,
    raisedAt: row.raised_at,
    detail: row.detail,
    settledAt: row.settled_at,
    acknowledged: at === null ? null : { at, by: by ?? '', justification: row.justification ?? '' },
  }
}
