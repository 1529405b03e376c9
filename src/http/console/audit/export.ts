import { csvLine } from '../../../core/display/csv.ts'
import type { AuditEntry, AuditPage, AuditQuery } from '../../../core/ledger/port/inspect.ts'
import type { ConsoleLedger } from '../context.ts'
import type { FileToSave } from '../page.ts'

export const FORMATS = ['csv', 'ndjson'] as const
export type Format = (typeof FORMATS)[number]

/** The most entries in an export; the newest ones. */
export const MOST_EXPORTED = 10_000
/** Rows of one transaction. */
const AT_ONCE = 1_000

const TYPES: Readonly<Record<Format, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
}

/** The audit entries that the filter leaves, newest first, as a file. */
export async function exportAudit(
  ledger: Pick<ConsoleLedger, 'listAudit'>,
  query: Omit<AuditQuery, 'next' | 'limit'>,
  format: Format,
): Promise<FileToSave> {
  const lines =
    format === 'csv' ? [csvLine(['at', 'actor', 'action', 'about', 'count', 'justification'])] : []
  let next: number | null = null
  for (let read = 0; read < MOST_EXPORTED; read += AT_ONCE) {
    const page: AuditPage = await ledger.listAudit({ ...query, next, limit: AT_ONCE })
    lines.push(...page.entries.map(format === 'csv' ? csvOf : jsonOf))
    next = page.next
    if (next === null) break
  }
  return { name: `rollcall-audit.${format}`, type: TYPES[format], text: `${lines.join('\n')}\n` }
}

const isoOf = (at: number): string => new Date(at).toISOString()

function jsonOf({ at, ...entry }: AuditEntry): string {
  return JSON.stringify({ at: isoOf(at), ...entry })
}

function csvOf({ at, actor, action, about, count, justification }: AuditEntry): string {
  return csvLine([isoOf(at), actor, action, about ?? '', String(count), justification])
}
