import type { AuditEntry } from '../../core/ledger/port/inspect.ts'
import { say } from '../support/output.ts'
import { type Column, instantOf, iso, keepSmall, type RowFormat, rowWriter } from '../support/rows.ts'
import { withLedger } from './status.ts'

export interface AuditOptions {
  /** An instant as ISO 8601 says it. */
  readonly since?: string
  readonly output: RowFormat
}

/** One transaction reads so many, and memory holds no more. */
const PAGE = 1_000

/** Lists what people did by commands: who, when, what, to what, and why. 4 when there is nothing. */
export function audit(
  environment: NodeJS.ProcessEnv,
  about: string | undefined,
  { since, output }: AuditOptions,
): Promise<number> {
  keepSmall()
  const query = {
    since: since === undefined ? null : instantOf('--since', since),
    about: about ?? null,
    limit: PAGE,
  }
  return withLedger(environment, async (ledger) => {
    const write = rowWriter(output, COLUMNS, ({ at, ...entry }) => ({ at: iso(at), ...entry }))
    let next: number | null = null
    let found = 0
    do {
      const page = await ledger.listAudit({ ...query, next })
      for (const entry of page.entries) await write.row(entry)
      found += page.entries.length
      next = page.next
    } while (next !== null)
    await write.end()
    if (found > 0) return 0
    say('nobody did anything of the kind')
    return 4
  })
}

const COLUMNS: readonly Column<AuditEntry>[] = [
  ['at', 25, ({ at }) => iso(at)],
  ['who', 20, ({ actor }) => actor],
  ['what', 20, ({ action }) => action],
  ['about', 26, ({ about }) => about ?? ''],
  ['why', 0, ({ justification }) => justification],
]
