import type { RegisterCommand } from '../../support/command.ts'
import { actorOption, count, justificationOption } from '../../support/options/options.ts'
import { ownConfigOption } from '../../support/running/in-force.ts'
import { runNumber } from './runs.ts'

export const register: RegisterCommand = (replays, { environment, finish }) => {
  replays
    .command('resume')
    .description('continue a run of replay that was interrupted, without the command that began it')
    .argument('<run>', 'the number of the run', runNumber)
    .addOption(actorOption('who does it'))
    .addOption(justificationOption())
    .option('--rate <n>', 'at most this many a second', count)
    .addOption(ownConfigOption())
    .action(async (run, options) =>
      finish(await (await import('../../replay/resume.ts')).resume(run, options, environment)),
    )
}
