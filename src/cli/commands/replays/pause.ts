import { EXIT_CODES } from '../../../core/errors.ts'
import { pauseRun } from '../../../core/report/replay/run/pause.ts'
import type { RunDecision } from '../../../core/report/replay/run/run.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, justificationOption } from '../../support/options/options.ts'
import { say } from '../../support/output.ts'
import { openRunNamed, runNumber } from './runs.ts'

export const register: RegisterCommand = (replays, { environment, finish }) => {
  replays
    .command('pause')
    .description('stop a run of replay after the batch that is under way, wherever it is carried out')
    .argument('<run>', 'the number of the run', runNumber)
    .addOption(actorOption('who does it'))
    .addOption(justificationOption())
    .action(async (run, options) => finish(await pause(environment, run, options)))
}

/** Exit 0 when the run pauses or is paused already, 4 when it does not exist or has ended. */
function pause(environment: NodeJS.ProcessEnv, id: number, options: RunDecision): Promise<number> {
  return withLedger(
    environment,
    async (ledger) => {
      const run = await openRunNamed(ledger, id)
      if (run === null) return EXIT_CODES.notFound
      const before = await pauseRun(ledger, run, options, Date.now())
      say(
        before === null
          ? `run ${id} stops after the batch that is under way; rollcall replays resume ${id} goes on`
          : `run ${id} was paused before`,
      )
      return EXIT_CODES.done
    },
    'write',
  )
}
