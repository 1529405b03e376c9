import { EXIT_CODES } from '../../../core/errors.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { iso } from '../../support/instants.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, formatOption, justificationOption } from '../../support/options.ts'
import { type Format, printJson, say } from '../../support/output.ts'

export const register: RegisterCommand = (ledger, { environment, finish }) => {
  ledger
    .command('restored')
    .description(
      'say that a ledger restored from a backup is complete again, so that planning and sending go on',
    )
    .requiredOption('--since <instant>', 'the instant from which everything HR sent was fed again')
    .addOption(actorOption('who says so'))
    .addOption(justificationOption('why'))
    .addOption(formatOption())
    .action(async (options) => finish(await restored(environment, options)))
}

interface RestoredOptions {
  readonly since: string
  readonly actor: string
  readonly justification: string
  readonly output: Format
}

/** Exit 0 when planning and sending go on, 4 when the ledger was not held back, 7 when the log is not read far enough. */
async function restored(
  environment: NodeJS.ProcessEnv,
  { since, actor, justification, output }: RestoredOptions,
): Promise<number> {
  const { instantOf } = await import('../../support/instant-option.ts')
  const from = instantOf('--since', since)
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
      say(`planning and sending go on, in epoch ${result.epoch}`)
      return EXIT_CODES.done
    case 'not-older':
      say('the ledger was not found to be older than the directory; rollcall run detects that when it starts')
      return EXIT_CODES.notFound
    case 'log-not-read':
      say(
        `the log is read until ${iso(result.readUntil) ?? 'nowhere yet'} and has to be read until ${iso(result.needed)}: let rollcall run read on, then repeat this command`,
      )
      return EXIT_CODES.partial
  }
}
