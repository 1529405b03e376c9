import type {
  Difference,
  DifferencesPage,
  DifferencesQuery,
  HolderRevision,
  RecordedDifferences,
} from '../../../core/ledger/port/directory.ts'
import { compareText } from '../../../core/plan/fold/order.ts'
import { insertRows, type Sql, writeRows } from '../driver/sql.ts'
import { releaseEmployees } from '../findings/elsewhere.ts'
import { lockUnchanged, markForResend } from '../tables/employees.ts'

/** As the port says. */
export async function recordDifferences(
  sql: Sql,
  differences: readonly Difference[],
  now: number,
): Promise<RecordedDifferences> {
  const about = differences.flatMap(({ employee }) => employee ?? [])
  const current = await lockUnchanged(sql, about)
  const isCurrent = ({ employee }: Difference): boolean =>
    employee === null || current.has(employee.employeeId)
  const kept = differences.filter(isCurrent)
  const seqs = await raiseAgain(sql, kept, now)
  await holdDisabled(sql, kept, seqs, now)
  const dropped = about.flatMap(({ employeeId }) => (current.has(employeeId) ? [] : [employeeId]))
  return { findings: [...seqs.values()], dropped: [...new Set(dropped)] }
}

const keyOf = ({ code, about }: Pick<Difference, 'code' | 'about'>): string => `${code}\n${about}`

/**
 * Raises findings, and reopens those that were settled: an acknowledgement is about the difference
 * that a person saw, and does not cover a later one. Returns the number of each by its key.
 */
async function raiseAgain(
  sql: Sql,
  differences: readonly Difference[],
  now: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await insertRows<{ seq: number; code: Difference['code']; about: string }>(
    sql,
    'findings (code TEXT, about TEXT, employee TEXT, event_seq INT, raised_at INT, detail TEXT)',
    [...new Map(differences.map((one) => [keyOf(one), one])).values()]
      .sort((a, b) => compareText(keyOf(a), keyOf(b)))
      .map(({ code, about, employee, detail }) => [
        code,
        about,
        employee?.employeeId ?? null,
        null,
        now,
        detail,
      ]),
    `ON CONFLICT (code, about) DO UPDATE SET settled_at = NULL, detail = excluded.detail, employee = excluded.employee,
       raised_at = CASE WHEN findings.settled_at IS NULL THEN findings.raised_at ELSE excluded.raised_at END,
       acknowledged_at = CASE WHEN findings.settled_at IS NULL THEN findings.acknowledged_at ELSE NULL END,
       acknowledged_by = CASE WHEN findings.settled_at IS NULL THEN findings.acknowledged_by ELSE NULL END,
       justification = CASE WHEN findings.settled_at IS NULL THEN findings.justification ELSE NULL END
     RETURNING seq, code, about`,
  )
  return new Map(rows.map((row) => [keyOf(row), row.seq]))
}

/**
 * Nothing activates these employees until HR reports something new, or a person acknowledges the
 * finding. What the directory holds is not what it accepted last.
 */
async function holdDisabled(
  sql: Sql,
  differences: readonly Difference[],
  seqs: ReadonlyMap<string, number>,
  now: number,
): Promise<void> {
  const held = differences.flatMap((one) => {
    const finding = seqs.get(keyOf(one))
    return one.code !== 'DisabledElsewhere' || one.employee === null || finding === undefined
      ? []
      : [{ employee: one.employee.employeeId, at: one.seenAt, finding }]
  })
  await insertRows(
    sql,
    'foreign_deactivations (employee TEXT, at INT, seen_at INT, finding INT)',
    held
      .toSorted((a, b) => compareText(a.employee, b.employee))
      .map(({ employee, at, finding }) => [employee, at, now, finding]),
    'ON CONFLICT (employee) DO NOTHING',
  )
  await markForResend(sql, held, now)
}

/** As the port says. */
export async function releaseEnabled(
  sql: Sql,
  employees: readonly HolderRevision[],
  now: number,
): Promise<void> {
  const current = await lockUnchanged(sql, employees)
  await releaseEmployees(sql, [...current], now)
}

/** As the port says. */
export async function listDifferences(
  sql: Sql,
  { codes, after, limit }: DifferencesQuery,
): Promise<DifferencesPage> {
  const rows = await sql.all<{ seq: number; employeeId: string | null }>(
    `SELECT seq, employee AS "employeeId" FROM findings
     WHERE seq > ? AND settled_at IS NULL AND code IN (${codes.map(() => '?').join(', ')}) ORDER BY seq LIMIT ?`,
    [after ?? 0, ...codes, limit],
  )
  return { findings: rows, next: rows.length === limit ? (rows.at(-1)?.seq ?? null) : null }
}

/** As the port says. An acknowledged finding is settled too, so that it is raised again later. */
export async function settleDifferences(sql: Sql, seqs: readonly number[], now: number): Promise<void> {
  await writeRows(
    sql,
    ['seq INT', 'now INT'],
    seqs.map((seq) => [seq, now]),
    'UPDATE findings SET settled_at = v.now FROM v WHERE findings.seq = v.seq AND findings.settled_at IS NULL',
  )
}
