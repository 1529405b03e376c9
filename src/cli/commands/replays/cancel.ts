import { EXIT_CODES } from '../../../core/errors.ts'
import type { CancelResult } from '../../../core/report/replay/run/cancel.ts'
import { leftOf } from '../../../core/report/replay/run/counts.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { confirmed, yesOption } from '../../support/options/confirm.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, justificationOption } from '../../support/options/options.ts'
import { say } from '../../support/output.ts'
import { openRunNamed, runNumber } from './runs.ts'

export const register: RegisterCommand = (replays, { environment, finish }) => {
  replays
    .command('cancel')
    .description(
      'give up a run of replay that was interrupted: what it has not begun stays a dead letter, and edits of it are removed',
    )
    .argument('<run>', 'the number of the run', runNumber)
    .addOption(actorOption('who does it'))
    .addOption(justificationOption())
    .addOption(yesOption())
    .action(async (run, options) => finish(await cancel(environment, run, options)))
}

interface CancelOptions {
  readonly actor: string
  readonly justification: string
  readonly yes: boolean
}

/**
 * Exit 4 when the run does not exist or has ended, 8 when it is not confirmed or another command
 * carries it out.
 */
function cancel(environment: NodeJS.ProcessEnv, id: number, options: CancelOptions): Promise<number> {
  return withLedger(
    environment,
    async (ledger, config) => {
      const run = await openRunNamed(ledger, id)
      if (run === null) return EXIT_CODES.notFound
      const { frozen } = run.counts
      const what = `give up the replay of ${frozen} ${frozen === 1 ? 'dead letter' : 'dead letters'}`
      if (!(await confirmed({ what, typed: frozen, yes: options.yes }))) return EXIT_CODES.stopped
      const [{ cancelRun }, { cancelContext }, { stopSignal }] = await Promise.all([
        import('../../../core/report/replay/run/cancel.ts'),
        import('../../../compose/dead-letters/replay.ts'),
        import('../../../compose/process.ts'),
      ])
      using stop = stopSignal()
      const context = { ...cancelContext(config, ledger), listenForStop: () => stop.signal }
      const result = await cancelRun(run, options, context, {
        waiting: (leaseMs) =>
          say(`another command holds this run; waiting up to ${Math.ceil(leaseMs / 1_000)} s for it to end`),
      })
      return report(result)
    },
    'write',
  )
}

function report(result: CancelResult): number {
  if (result.kind === 'busy') {
    say('another command is carrying this run out: stop it first; nothing was cancelled')
    return EXIT_CODES.stopped
  }
  const { run, cancelled } = result
  say(
    `${cancelled} ${cancelled === 1 ? 'dead letter stays as it was' : 'dead letters stay as they were'}; rollcall replays show ${run.id} lists them`,
  )
  if (run.endedAt === null)
    say(
      `${leftOf(run)} were sent to the bus before; rollcall replays resume ${run.id} finishes them and ends the run`,
    )
  return EXIT_CODES.done
}
