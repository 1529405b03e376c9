import { EXIT_CODES } from '../../../core/errors.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { confirmed, yesOption } from '../../support/options/confirm.ts'
import { iso } from '../../support/instants.ts'
import { when } from '../../support/screen/when.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, formatOption, justificationOption } from '../../support/options/options.ts'
import { type Format, printJson, say } from '../../support/output.ts'

export const register: RegisterCommand = (ledger, { environment, finish }) => {
  ledger
    .command('restored')
    .description(
      'declare that a ledger restored from a backup is complete again, so that planning and sending continue',
    )
    .requiredOption(
      '--since <instant>',
      'from when on all HR events were sent again, as in 2d or 2026-11-20T18:00:00Z',
    )
    .addOption(actorOption('who declares it'))
    .addOption(justificationOption())
    .addOption(yesOption())
    .addOption(formatOption())
    .action(async (options) => finish(await restored(environment, options)))
}

interface RestoredOptions {
  readonly since: string
  readonly actor: string
  readonly justification: string
  readonly yes: boolean
  readonly output: Format
}

/**
 * Exit 0 when planning and sending continue, 4 when the ledger was not held, 7 when the log is not
 * read far enough, 8 when the user did not confirm.
 */
async function restored(
  environment: NodeJS.ProcessEnv,
  { since, actor, justification, yes, output }: RestoredOptions,
): Promise<number> {
  const { sinceOf } = await import('../../support/options/instant-option.ts')
  const from = sinceOf('--since', since, Date.now())
  const day = iso(from).slice(0, 10)
  const what = `let sending continue on the word that HR sent everything since ${iso(from)} again`
  if (!(await confirmed({ what, typed: day, yes }))) return EXIT_CODES.stopped
  return withLedger(
    environment,
    async (ledger, { LOG_MAX_LAG_MS, CLOCK_SKEW_MS }) => {
      const order = { since: from, actor, justification, lagMs: LOG_MAX_LAG_MS + CLOCK_SKEW_MS }
      const result = await ledger.markRestored(order, Date.now())
      if (output === 'json') printJson(result)
      return report(result)
    },
    'write',
  )
}

function report(result: Awaited<ReturnType<Ledger['markRestored']>>): number {
  switch (result.kind) {
    case 'restored':
      say(`planning and sending continue, in epoch ${result.epoch}`)
      return EXIT_CODES.done
    case 'not-older':
      say('this ledger is not held: rollcall run has not found it older than the directory')
      return EXIT_CODES.notFound
    case 'log-not-read':
      say(
        `the log must be read until ${when(result.needed)} and is read until ${when(result.readUntil) || 'no instant yet'}: let rollcall run continue, then repeat this command`,
      )
      return EXIT_CODES.partial
  }
}
