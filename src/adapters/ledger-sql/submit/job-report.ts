import type { SeenJobReport } from '../../../core/ledger/port/submit.ts'
import { insertRows, type Sql } from '../driver/sql.ts'

export async function recordJobReport(sql: Sql, destination: string, seen: SeenJobReport): Promise<void> {
  const { seenAt, code, quarantine, failures } = seen
  await insertRows(
    sql,
    'job_reports (destination TEXT, seen_at INT, code TEXT, in_quarantine INT, reason TEXT, quarantine_since INT, next_attempt INT, escrowed INT, with_references INT, synchronized INT)',
    [
      [
        destination,
        seenAt,
        code,
        quarantine === null ? 0 : 1,
        quarantine?.reason ?? null,
        quarantine?.since ?? null,
        quarantine?.nextAttempt ?? null,
        failures?.escrowed ?? null,
        failures?.withReferences ?? null,
        failures?.synchronized ?? null,
      ],
    ],
    `ON CONFLICT (destination) DO UPDATE SET seen_at = excluded.seen_at, code = excluded.code,
       in_quarantine = excluded.in_quarantine, reason = excluded.reason, quarantine_since = excluded.quarantine_since, next_attempt = excluded.next_attempt, escrowed = excluded.escrowed,
       with_references = excluded.with_references, synchronized = excluded.synchronized`,
  )
}

interface JobReportRow {
  readonly seen_at: number
  readonly code: string
  readonly in_quarantine: number
  readonly reason: string | null
  readonly quarantine_since: number | null
  readonly next_attempt: number | null
  readonly escrowed: number | null
  readonly with_references: number | null
  readonly synchronized: number | null
}

export async function readJobReport(sql: Sql, destination: string): Promise<SeenJobReport | null> {
  const [row] = await sql.all<JobReportRow>(
    'SELECT seen_at, code, in_quarantine, reason, quarantine_since, next_attempt, escrowed, with_references, synchronized FROM job_reports WHERE destination = ?',
    [destination],
  )
  if (!row) return null
  const { escrowed, with_references: withReferences, synchronized } = row
  return {
    seenAt: row.seen_at,
    code: row.code,
    quarantine:
      row.in_quarantine === 1
        ? { reason: row.reason, since: row.quarantine_since, nextAttempt: row.next_attempt }
        : null,
    failures:
      escrowed === null || withReferences === null || synchronized === null
        ? null
        : { escrowed, withReferences, synchronized },
  }
}
