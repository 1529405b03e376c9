import { EXIT_CODES } from '../../../core/errors.ts'
import type { ReplayEntry, ReplayRun } from '../../../core/ledger/port/replays.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import { leftOf } from '../../../core/report/replay/run/counts.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { iso } from '../../support/instants.ts'
import { withLedger } from '../../support/ledger.ts'
import { type ListOptions, limitOption, pageOption, sortOption } from '../../support/list/options.ts'
import { rowsOf } from '../../../core/ledger/pages.ts'
import { printList } from '../../support/list/print.ts'
import { rowFormatOption } from '../../support/options/options.ts'
import { printJson, printLines } from '../../support/output.ts'
import type { Column, RowFormat } from '../../support/rows.ts'
import { when, whenColumn } from '../../support/screen/when.ts'
import { runJson, runNamed, runNumber } from './runs.ts'

export const register: RegisterCommand = (replays, { environment, finish }) => {
  replays
    .command('show')
    .description('one run of replay, with each of its dead letters and its outcome')
    .argument('<run>', 'the number of the run', runNumber)
    .addOption(limitOption())
    .addOption(pageOption())
    .addOption(sortOption(COLUMNS))
    .addOption(rowFormatOption())
    .action(async (run, options) => finish(await showRun(environment, run, options)))
}

interface RunOptions extends ListOptions {
  readonly output: RowFormat
}

const PAGE = 1_000

/** JSON is the run with all its dead letters. Exit 4 when the run does not exist. */
function showRun(environment: NodeJS.ProcessEnv, id: number, options: RunOptions): Promise<number> {
  return withLedger(environment, async (ledger) => {
    const run = await runNamed(ledger, id)
    if (run === null) return EXIT_CODES.notFound
    const entries: ReplayEntry[] = []
    for await (const entry of entriesOf(ledger, id)) entries.push(entry)
    if (options.output === 'json') printJson({ ...runJson(run), entries: entries.map(entryJson) })
    else {
      if (options.output === 'table') printLines(...runLines(run, entries), '')
      await printList(entries, { columns: COLUMNS, readable: entryJson, options })
    }
    return EXIT_CODES.done
  })
}

function entriesOf(ledger: Pick<Ledger, 'listReplayEntries'>, id: number): AsyncGenerator<ReplayEntry> {
  return rowsOf(async (from: number | null) => {
    const after = from ?? 0
    const rows = await ledger.listReplayEntries(id, after, PAGE)
    return { rows, next: rows.length === PAGE ? after + PAGE : null }
  })
}

function runLines(run: ReplayRun, entries: readonly ReplayEntry[]): readonly string[] {
  const { done, gone, refused } = run.counts
  const afterwards = [...Map.groupBy(entries, becameOf)].filter(([state]) => state !== '')
  return [
    `run ${run.id} by ${run.actor}: ${run.justification}`,
    `  began      ${when(run.createdAt)}`,
    ...run.resumed.map(
      ({ at, actor, justification }) => `  resumed    ${when(at)} by ${actor}: ${justification}`,
    ),
    ...(run.paused === null
      ? []
      : [`  paused     ${when(run.paused.at)} by ${run.paused.actor}: ${run.paused.justification}`]),
    `  ended      ${when(run.endedAt) || `not yet: rollcall replays resume ${run.id} goes on, rollcall replays cancel ${run.id} gives up`}`,
    `  so far     ${done} replayed, ${gone} gone, ${refused} refused, ${leftOf(run)} left`,
    ...(afterwards.length === 0
      ? []
      : [`  afterwards ${afterwards.map(([state, those]) => `${those.length} ${state}`).join(', ')}`]),
  ]
}

function becameOf({ became }: ReplayEntry): string {
  if (became === null) return ''
  return became.reason === null ? became.state : `${became.state} (${became.reason})`
}

function entryJson({ at, ...entry }: ReplayEntry): object {
  return { ...entry, at: iso(at) }
}

const COLUMNS: readonly Column<ReplayEntry>[] = [
  ['dead letter', 24, ({ id }) => id],
  ['result', 8, ({ stage }) => stage],
  ['code', 16, ({ code }) => code ?? ''],
  whenColumn('at', ({ at }) => at),
  ['afterwards', 0, becameOf],
]
