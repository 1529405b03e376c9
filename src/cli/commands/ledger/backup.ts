import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { formatOption } from '../../support/options/options.ts'
import { type Format, printJson, printLines, say } from '../../support/output.ts'
import { reconcile } from '../../support/reconcile.ts'
import { progress } from '../../support/screen/progress.ts'
import { describeVerified, isSound } from './verify.ts'

export const register: RegisterCommand = (ledger, { environment, finish }) => {
  ledger
    .command('backup')
    .description('copy LEDGER to a SQLite file and verify the copy, while a connector runs on it')
    .requiredOption('--to <file>', 'the file to make; only its owner may read it')
    .addOption(formatOption())
    .action(async (options) => finish(await backup(options, environment)))
}

interface BackupOptions {
  readonly to: string
  readonly output: Format
}

/** Exit 0 when the copy is sound, 3 when it was made and its books do not balance. */
async function backup({ to, output }: BackupOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  const [{ readConfig }, { backUpLedger }] = await Promise.all([
    import('../../../compose/config.ts'),
    import('../../../compose/ledger/backup.ts'),
  ])
  const line = progress('rows')
  const verified = await backUpLedger(readConfig(environment), to, (rows) => line.at(rows))
  line.end()
  const books = reconcile(verified.totals, verified.stateCounts)
  if (output === 'json') printJson({ file: to, ...describeVerified(verified, books) })
  else
    printLines(
      `${to} holds ${verified.stateCounts.employees} employees and ${verified.totals.messages} messages`,
    )
  say('It holds personal data: keep it encrypted, and no longer than the ledger keeps its events.')
  return isSound(verified, books) ? EXIT_CODES.done : EXIT_CODES.unbalanced
}
