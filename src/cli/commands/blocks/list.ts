import { EXIT_CODES } from '../../../core/errors.ts'
import type { Block } from '../../../core/ledger/port/blocks.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { iso } from '../../support/instants.ts'
import { employeeNamedOrNull, nearlyMatching } from '../../support/employees.ts'
import { withLedger } from '../../support/ledger.ts'
import { type ListOptions, limitOption, pageOption, sortOption } from '../../support/list/options.ts'
import { rowsOf } from '../../../core/ledger/pages.ts'
import { printList, rowsSince } from '../../support/list/print.ts'
import { rowFormatOption } from '../../support/options/options.ts'
import { say } from '../../support/output.ts'
import type { Column, RowFormat } from '../../support/rows.ts'
import { whenColumn } from '../../support/screen/when.ts'

export const register: RegisterCommand = (blocks, { environment, finish }) => {
  blocks
    .command('list', { isDefault: true })
    .description('employees that are blocked, or will be')
    .option('--employee <id>', 'only the block of this employee')
    .option('--since <instant>', 'only blocks that began at or after this instant, as in 7d or 2026-11-02')
    .addOption(limitOption())
    .addOption(pageOption())
    .addOption(sortOption(COLUMNS))
    .addOption(rowFormatOption())
    .action(async (options) => finish(await listBlocks(environment, options)))
}

interface BlocksOptions extends ListOptions {
  readonly employee?: string | undefined
  readonly since?: string | undefined
  readonly output: RowFormat
}

/** Rows of one transaction. */
const PAGE = 1_000

/** Exit 0 when there are blocks, 4 when there are none. */
async function listBlocks(environment: NodeJS.ProcessEnv, options: BlocksOptions): Promise<number> {
  const { sinceOrNull } = await import('../../support/options/instant-option.ts')
  const now = Date.now()
  const from = sinceOrNull('--since', options.since, now)
  return withLedger(environment, async (ledger) => {
    const { employee } = options
    const employeeId = await employeeNamedOrNull(ledger, employee)
    const query = { now, employeeId, limit: PAGE }
    const blocks = rowsOf(async (from: string | null) => {
      const { blocks: rows, next } = await ledger.listBlocks({ ...query, next: from })
      return { rows, next }
    })
    const shown = rowsSince(blocks, from, ({ since }) => since)
    const found = await printList(shown, { columns: COLUMNS, readable: blockJson, options })
    if (found > 0) return EXIT_CODES.done
    say(`no employee is blocked${employee === undefined ? '' : await nearlyMatching(ledger, employee)}`)
    return EXIT_CODES.notFound
  })
}

function blockJson({ employeeId, since, until, actor, justification, eventId }: Block): object {
  return { employee: employeeId, since: iso(since), until: iso(until), actor, justification, event: eventId }
}

const COLUMNS: readonly Column<Block>[] = [
  ['employee', 20, ({ employeeId }) => employeeId],
  whenColumn('since', ({ since }) => since),
  whenColumn('until', ({ until }) => until, 'unblocked'),
  ['actor', 20, ({ actor }) => actor],
  ['justification', 0, ({ justification, eventId }) => justification ?? `event ${eventId ?? 'erased'}`],
]
