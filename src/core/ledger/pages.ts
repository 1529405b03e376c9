import type { AuditEntry, AuditQuery, InspectLedger } from './port/inspect.ts'

/** The rows of every page of the ledger, one after another. */
export async function* rowsOf<T, N = number>(
  readPage: (next: N | null) => Promise<{ readonly rows: readonly T[]; readonly next: N | null }>,
): AsyncGenerator<T> {
  let next: N | null = null
  do {
    const page: { readonly rows: readonly T[]; readonly next: N | null } = await readPage(next)
    yield* page.rows
    next = page.next
  } while (next !== null)
}

/** The entries of the audit trail, read a page of `limit` at a time. */
export function auditEntries(
  ledger: Pick<InspectLedger, 'listAudit'>,
  query: Omit<AuditQuery, 'next'>,
): AsyncIterable<AuditEntry> {
  return rowsOf(async (from) => {
    const { entries: rows, next } = await ledger.listAudit({ ...query, next: from })
    return { rows, next }
  })
}
