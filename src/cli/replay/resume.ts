import { readConfig } from '../../compose/config.ts'
import { EXIT_CODES } from '../../core/errors.ts'
import { resumeRun, type RunDecision } from '../../core/report/replay/run/run.ts'
import { openRunNamed } from '../commands/replays/runs.ts'
import { keepSmall } from '../support/rows.ts'
import { openReplay } from './context.ts'
import { exitCodeOfRun, sayRun } from './run-result.ts'
import { runView } from './view.ts'

export interface ResumeOptions extends RunDecision {
  readonly rate?: number
  readonly ownConfig: boolean
}

/**
 * Continues a run that was interrupted. Exit 4 when it does not exist or has ended; otherwise as
 * `replay`.
 */
export async function resume(
  id: number,
  options: ResumeOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  keepSmall()
  await using stack = new AsyncDisposableStack()
  const context = await openReplay(readConfig(environment), options, stack)
  const run = await openRunNamed(context.ledger, id)
  if (run === null) return EXIT_CODES.notFound
  const view = runView()
  try {
    const result = await resumeRun(run, options, context, view)
    view.end()
    sayRun(result)
    return exitCodeOfRun(result)
  } finally {
    view.end()
  }
}
