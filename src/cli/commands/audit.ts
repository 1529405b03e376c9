import { EXIT_CODES } from '../../core/errors.ts'
import type { AuditEntry } from '../../core/ledger/port/inspect.ts'
import type { RegisterCommand } from '../support/command.ts'
import { iso } from '../support/instants.ts'
import { withLedger } from '../support/ledger.ts'
import { rowFormatOption } from '../support/options.ts'
import { say } from '../support/output.ts'
import { type Column, keepSmall, type RowFormat, rowWriter, writePages } from '../support/rows.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('audit')
    .description('actions that operators took with commands: who, when, what and why')
    .argument('[about]', 'dl-<number>, <queue>#<number> or "replay <number>" (default: everything)')
    .option('--since <instant>', 'only actions at or after this instant')
    .addOption(rowFormatOption())
    .action(async (about, options) => finish(await listAudit(environment, about, options)))
}

interface AuditOptions {
  readonly since?: string | undefined
  readonly output: RowFormat
}

/** Rows of one transaction. */
const PAGE = 1_000

/** Exit 4 when nothing fits. */
async function listAudit(
  environment: NodeJS.ProcessEnv,
  about: string | undefined,
  { since, output }: AuditOptions,
): Promise<number> {
  keepSmall()
  const { instantOf } = await import('../support/instant-option.ts')
  const query = {
    since: since === undefined ? null : instantOf('--since', since),
    about: about ?? null,
    limit: PAGE,
  }
  return withLedger(environment, async (ledger) => {
    const write = rowWriter(output, COLUMNS, ({ at, ...entry }: AuditEntry) => ({ at: iso(at), ...entry }))
    const found = await writePages(write, async (from) => {
      const { entries: rows, next } = await ledger.listAudit({ ...query, next: from })
      return { rows, next }
    })
    if (found > 0) return EXIT_CODES.done
    say('the audit trail has no matching entry')
    return EXIT_CODES.notFound
  })
}

const COLUMNS: readonly Column<AuditEntry>[] = [
  ['at', 25, ({ at }) => iso(at)],
  ['who', 20, ({ actor }) => actor],
  ['what', 20, ({ action }) => action],
  ['about', 26, ({ about }) => about ?? ''],
  ['why', 0, ({ justification }) => justification],
]
