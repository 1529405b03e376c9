import { EXIT_CODES } from '../../core/errors.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { AuditQuery } from '../../core/ledger/port/inspect.ts'
import { type AuditGroup, groupEntries } from '../audit/group.ts'
import type { RegisterCommand } from '../support/command.ts'
import { employeeNamedOrNull } from '../support/employees.ts'
import { iso } from '../support/instants.ts'
import { withLedger } from '../support/ledger.ts'
import { type ListOptions, limitOption, pageOption, sortOption } from '../support/list/options.ts'
import { auditEntries } from '../../core/ledger/pages.ts'
import { printList } from '../support/list/print.ts'
import { rowFormatOption } from '../support/options/options.ts'
import { say } from '../support/output.ts'
import { type Column, keepSmall, type RowFormat } from '../support/rows.ts'
import { whenColumn } from '../support/screen/when.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('audit')
    .argument(
      '[about]',
      'dl-<number>, <queue>#<number>, leaver-<number> or "replay <number>" (default: everything)',
    )
    .option('--since <instant>', 'only actions at or after this instant, as in 1h, 7d or 2026-11-02')
    .option('--until <instant>', 'only actions before this instant')
    .option('--actor <name>', 'only those of this person')
    .option('--action <action>', 'only this action, as in replay, or brake for all of the brake')
    .option('--employee <id>', 'only those about this employee, and about events and cases of this employee')
    .option(
      '--ungrouped',
      'a line for each entry, also in the table; json and ndjson always have each entry',
      false,
    )
    .addOption(limitOption())
    .addOption(pageOption())
    .addOption(sortOption(COLUMNS))
    .addOption(rowFormatOption())
    .action(async (about, options) => finish(await listAudit(environment, about, options)))
}

interface AuditOptions extends ListOptions {
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly actor?: string | undefined
  readonly action?: string | undefined
  readonly employee?: string | undefined
  readonly ungrouped: boolean
  readonly output: RowFormat
}

/** Rows of one transaction. */
const PAGE = 1_000

/** Exit 4 when nothing fits. */
function listAudit(
  environment: NodeJS.ProcessEnv,
  about: string | undefined,
  options: AuditOptions,
): Promise<number> {
  keepSmall()
  return withLedger(environment, async (ledger) => {
    const entries = auditEntries(ledger, await queryOf(ledger, about ?? null, options))
    const grouped = options.output === 'table' && !options.ungrouped
    const found = await printList(grouped ? groupEntries(entries) : entries, {
      columns: COLUMNS,
      readable,
      options,
    })
    if (found > 0) return EXIT_CODES.done
    say('the audit trail has no matching entry')
    return EXIT_CODES.notFound
  })
}

async function queryOf(
  ledger: Ledger,
  about: string | null,
  { since, until, actor, action, employee }: AuditOptions,
): Promise<Omit<AuditQuery, 'next'>> {
  const { sinceOrNull } = await import('../support/options/instant-option.ts')
  const now = Date.now()
  return {
    since: sinceOrNull('--since', since, now),
    until: sinceOrNull('--until', until, now),
    actor: actor ?? null,
    action: action ?? null,
    employeeId: await employeeNamedOrNull(ledger, employee),
    about,
    limit: PAGE,
  }
}

function readable({ at, ...entry }: AuditGroup): object {
  return { at: iso(at), ...entry }
}

function aboutOf({ about, more = 0 }: AuditGroup): string {
  return `${about ?? ''}${more > 0 ? ` and ${more} more` : ''}`
}

const COLUMNS: readonly Column<AuditGroup>[] = [
  whenColumn('at', ({ at }) => at),
  ['actor', 20, ({ actor }) => actor],
  ['action', 20, ({ action }) => action],
  ['count', 5, ({ count }) => String(count), ({ count }) => count],
  ['about', 30, aboutOf],
  ['justification', 0, ({ justification }) => justification],
]
