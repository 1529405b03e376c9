import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { formatOption } from '../../support/options/options.ts'
import { type Format, printJson, printLines, say } from '../../support/output.ts'
import { progress } from '../../support/screen/progress.ts'

export const register: RegisterCommand = (ledger, { environment, finish }) => {
  ledger
    .command('rotate-key')
    .description(
      'encrypt everything in LEDGER with the newest key; a connector may run, but not the first time',
    )
    .addOption(formatOption())
    .action(async (options) => finish(await rotateKey(options, environment)))
}

/** Exit 0 also when everything was encrypted with the newest key already. */
async function rotateKey(
  { output }: { readonly output: Format },
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const [{ readConfig }, { rotateLedgerKey }, { ledgerName }] = await Promise.all([
    import('../../../compose/config.ts'),
    import('../../../compose/ledger/rotate-key.ts'),
    import('../../../compose/ledger/open.ts'),
  ])
  const config = readConfig(environment)
  const line = progress('rows')
  const rotated = await rotateLedgerKey(config, (rows, table) => line.at(rows, table))
  line.end()
  const { key, values, retired } = rotated
  if (output === 'json') printJson(rotated)
  else
    printLines(`everything in ${ledgerName(config)} is encrypted with key ${key}: ${values} values were not`)
  if (retired.length > 0)
    say(
      `Nothing in the ledger needs key ${retired.join(' and ')} any more. Earlier backups do: without the key they cannot be read.`,
    )
  return EXIT_CODES.done
}
