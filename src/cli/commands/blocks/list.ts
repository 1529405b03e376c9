import { EXIT_CODES } from '../../../core/errors.ts'
import type { Block, BlocksQuery } from '../../../core/ledger/port/blocks.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { iso } from '../../support/instants.ts'
import { employeeNamedOrNull, nearlyMatching } from '../../support/employees.ts'
import { withLedger } from '../../support/ledger.ts'
import { rowFormatOption } from '../../support/options.ts'
import { say } from '../../support/output.ts'
import { type Column, type RowFormat, rowWriter } from '../../support/rows.ts'

export const register: RegisterCommand = (blocks, { environment, finish }) => {
  blocks
    .command('list', { isDefault: true })
    .description('employees that are blocked, or will be')
    .option('--employee <id>', 'only the block of this employee')
    .addOption(rowFormatOption())
    .action(async (options) => finish(await listBlocks(environment, options)))
}

interface ListOptions {
  readonly employee?: string | undefined
  readonly output: RowFormat
}

/** Rows of one transaction. */
const PAGE = 1_000

/** Exit 0 when there are blocks, 4 when there are none. */
function listBlocks(environment: NodeJS.ProcessEnv, { employee, output }: ListOptions): Promise<number> {
  return withLedger(environment, async (ledger) => {
    const employeeId = await employeeNamedOrNull(ledger, employee)
    const query = { now: Date.now(), employeeId, limit: PAGE }
    const write = rowWriter(output, COLUMNS, blockJson)
    let found = 0
    for await (const block of blocksOf(ledger, query)) {
      found += 1
      await write.row(block)
    }
    await write.end()
    if (found > 0) return EXIT_CODES.done
    say(`no employee is blocked${employee === undefined ? '' : await nearlyMatching(ledger, employee)}`)
    return EXIT_CODES.notFound
  })
}

async function* blocksOf(
  ledger: Pick<Ledger, 'listBlocks'>,
  query: Omit<BlocksQuery, 'next'>,
): AsyncGenerator<Block> {
  let next: string | null = null
  do {
    const page: Awaited<ReturnType<Ledger['listBlocks']>> = await ledger.listBlocks({ ...query, next })
    yield* page.blocks
    next = page.next
  } while (next !== null)
}

function blockJson({ employeeId, since, until, actor, justification, eventId }: Block): object {
  return { employee: employeeId, since: iso(since), until: iso(until), actor, justification, event: eventId }
}

const COLUMNS: readonly Column<Block>[] = [
  ['employee', 20, ({ employeeId }) => employeeId],
  ['since', 25, ({ since }) => iso(since)],
  ['until', 25, ({ until }) => iso(until) ?? 'unblocked'],
  ['who', 20, ({ actor }) => actor],
  ['why', 0, ({ justification, eventId }) => justification ?? `event ${eventId ?? 'erased'}`],
]
