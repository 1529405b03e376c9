import { EXIT_CODES } from '../../../core/errors.ts'
import type { ReplayRun } from '../../../core/ledger/port/replays.ts'
import { leftOf } from '../../../core/report/replay/run/counts.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { withLedger } from '../../support/ledger.ts'
import { type ListOptions, limitOption, pageOption, sortOption } from '../../support/list/options.ts'
import { rowsOf } from '../../../core/ledger/pages.ts'
import { printList } from '../../support/list/print.ts'
import { rowFormatOption } from '../../support/options/options.ts'
import type { Column, RowFormat } from '../../support/rows.ts'
import { whenColumn } from '../../support/screen/when.ts'
import { runJson } from './runs.ts'

export const register: RegisterCommand = (replays, { environment, finish }) => {
  replays
    .command('list', { isDefault: true })
    .description('runs of replay, newest first: who began each, when, why, and how far it is')
    .option('--since <instant>', 'only runs that began at or after this instant, as in 1h, 7d or 2026-11-02')
    .addOption(limitOption())
    .addOption(pageOption())
    .addOption(sortOption(COLUMNS))
    .addOption(rowFormatOption())
    .action(async (options) => finish(await listRuns(environment, options)))
}

interface RunsOptions extends ListOptions {
  readonly since?: string | undefined
  readonly output: RowFormat
}

/** Rows of one transaction. */
const PAGE = 100

/** Always exit 0. */
async function listRuns(environment: NodeJS.ProcessEnv, options: RunsOptions): Promise<number> {
  const { sinceOrNull } = await import('../../support/options/instant-option.ts')
  const since = sinceOrNull('--since', options.since, Date.now())
  return withLedger(environment, async (ledger) => {
    const runs = rowsOf(async (before: number | null) => {
      const rows = await ledger.listReplays({ since, before, limit: PAGE })
      return { rows, next: rows.length === PAGE ? (rows.at(-1)?.id ?? null) : null }
    })
    await printList(runs, { columns: COLUMNS, readable: runJson, options })
    return EXIT_CODES.done
  })
}

function countColumn(name: string, of: (run: ReplayRun) => number): Column<ReplayRun> {
  return [name, 7, (run) => String(of(run)), of]
}

const COLUMNS: readonly Column<ReplayRun>[] = [
  countColumn('run', ({ id }) => id),
  whenColumn('started', ({ createdAt }) => createdAt),
  whenColumn('ended', ({ endedAt }) => endedAt, 'open'),
  countColumn('done', ({ counts }) => counts.done),
  countColumn('gone', ({ counts }) => counts.gone),
  countColumn('refused', ({ counts }) => counts.refused),
  countColumn('left', leftOf),
  ['actor', 20, ({ actor }) => actor],
  ['justification', 0, ({ justification }) => justification],
]
