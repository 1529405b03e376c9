import { readConfig } from '../../compose/config.ts'
import { EXIT_CODES } from '../../core/errors.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { ReplayEntry, ReplayRun } from '../../core/ledger/port/replays.ts'
import { openExisting } from '../../compose/ledger.ts'
import { type Format, printJson, printTable, say } from '../support/output.ts'
import { iso } from '../support/instants.ts'
import { leftOf } from './run-counts.ts'

const PAGE = 1_000

/**
 * Shows past runs, or each dead letter of one: who replayed it, when, why, and the result. Exit 4
 * when the run does not exist.
 */
export async function replays(
  environment: NodeJS.ProcessEnv,
  id: number | undefined,
  format: Format,
): Promise<number> {
  await using stack = new AsyncDisposableStack()
  const ledger = stack.adopt(await openExisting(readConfig(environment), 'read'), (it) => it.close())
  const runs = (await ledger.listReplays({ open: null, limit: PAGE })).filter(
    (run) => id === undefined || run.id === id,
  )
  if (id !== undefined && runs.length === 0) {
    say(`run ${id} does not exist; rollcall replays lists all`)
    return EXIT_CODES.notFound
  }
  const entries = id === undefined ? [] : await allEntries(ledger, id)
  if (format === 'json')
    printJson(
      id === undefined
        ? runs.map(readableRun)
        : {
            ...runs.map(readableRun)[0],
            entries: entries.map(({ at, ...one }) => ({ ...one, at: iso(at) })),
          },
    )
  else {
    printTable(
      ['run', 'started', 'ended', 'by', 'justification', 'done', 'gone', 'refused', 'left'],
      runs.map((run) => [
        run.id,
        iso(run.createdAt) ?? '',
        iso(run.endedAt) ?? '',
        run.actor,
        run.justification,
        run.counts.done,
        run.counts.gone,
        run.counts.refused,
        leftOf(run),
      ]),
    )
    const resumed = id === undefined ? [] : (runs[0]?.resumed ?? [])
    if (resumed.length > 0)
      printTable(
        ['resumed', 'by', 'justification'],
        resumed.map((one) => [iso(one.at) ?? '', one.actor, one.justification]),
      )
    if (entries.length > 0)
      printTable(
        ['dead letter', 'result', 'code', 'at'],
        entries.map((one) => [one.id, one.stage, one.code ?? '', iso(one.at) ?? '']),
      )
  }
  return EXIT_CODES.done
}

async function allEntries(ledger: Ledger, id: number): Promise<readonly ReplayEntry[]> {
  const entries: ReplayEntry[] = []
  let page = await ledger.listReplayEntries(id, 0, PAGE)
  for (; page.length > 0; page = await ledger.listReplayEntries(id, entries.length, PAGE))
    entries.push(...page)
  return entries
}

function readableRun({ createdAt, endedAt, resumed, ...run }: ReplayRun): object {
  return {
    ...run,
    createdAt: iso(createdAt),
    endedAt: iso(endedAt),
    resumed: resumed.map(({ at, ...one }) => ({ ...one, at: iso(at) })),
  }
}
