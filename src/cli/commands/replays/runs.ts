import { InvalidArgumentError } from '@commander-js/extra-typings'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import type { ReplayRun } from '../../../core/ledger/port/replays.ts'
import { iso } from '../../support/instants.ts'
import { say } from '../../support/output.ts'

/** The argument of a command that is about one run. */
export function runNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('a run is named by its number')
  return value
}

/** The run with this number. Says when there is none: `null`. */
export async function runNamed(ledger: Pick<Ledger, 'listReplays'>, id: number): Promise<ReplayRun | null> {
  const [run] = await ledger.listReplays({ id, limit: 1 })
  if (!run) say(`run ${id} does not exist; rollcall replays lists all`)
  return run ?? null
}

/** The same of one that can still change. Says when it has ended: `null`. */
export async function openRunNamed(
  ledger: Pick<Ledger, 'listReplays'>,
  id: number,
): Promise<ReplayRun | null> {
  const run = await runNamed(ledger, id)
  if (run === null || run.endedAt === null) return run
  say(`run ${id} has ended: none of its dead letters waits`)
  return null
}

export function runJson({ createdAt, endedAt, resumed, paused, ...run }: ReplayRun): object {
  return {
    ...run,
    createdAt: iso(createdAt),
    endedAt: iso(endedAt),
    resumed: resumed.map(({ at, ...one }) => ({ ...one, at: iso(at) })),
    paused: paused && { ...paused, at: iso(paused.at) },
  }
}
