import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, formatOption, justificationOption } from '../../support/options.ts'
import { type Format, printJson, say } from '../../support/output.ts'

export const register: RegisterCommand = (brake, { environment, finish }) => {
  brake
    .command('release')
    .description('release the employees who are held now')
    .addOption(actorOption())
    .addOption(justificationOption('why'))
    .addOption(formatOption())
    .action(async (options) => finish(await releaseBrake(environment, options)))
}

interface ReleaseOptions {
  readonly actor: string
  readonly justification: string
  readonly output: Format
}

function releaseBrake(
  environment: NodeJS.ProcessEnv,
  { actor, justification, output }: ReleaseOptions,
): Promise<number> {
  return withLedger(
    environment,
    async (ledger) => {
      const released = await ledger.releaseBrake(actor, justification, Date.now())
      if (output === 'json') printJson({ released, actor, justification })
      else say(`${released} employees released by ${actor}: ${justification}`)
      return EXIT_CODES.done
    },
    'write',
  )
}
