import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { formatOption } from '../../support/options/options.ts'
import { type Format, printJson, printLines, say } from '../../support/output.ts'
import { progress } from '../../support/screen/progress.ts'

export const register: RegisterCommand = (ledger, { environment, finish }) => {
  ledger
    .command('move')
    .description(
      'copy a ledger from a SQLite file to an empty PostgreSQL database in one transaction, and compare every row',
    )
    .requiredOption('--from <file>', 'the SQLite file; no process may be running on it')
    .option(
      '--to <url>',
      'postgres://user@host/database (default: LEDGER); LEDGER_PASSWORD is better for a password',
    )
    .addOption(formatOption())
    .action(async (options) => finish(await move(options, environment)))
}

interface MoveOptions {
  readonly from: string
  readonly to?: string | undefined
  readonly output: Format
}

async function move(options: MoveOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  const [{ readConfig }, { moveToDatabase }] = await Promise.all([
    import('../../../compose/config.ts'),
    import('../../../compose/ledger/move.ts'),
  ])
  const line = progress('rows')
  const copied = new Map<string, number>()
  const { to, counts } = await moveToDatabase(readConfig(environment), options, (table, rows) => {
    copied.set(table, rows)
    line.at(
      [...copied.values()].reduce((sum, one) => sum + one, 0),
      table,
    )
  })
  line.end()
  if (options.output === 'json') printJson(counts)
  else printLines(`${counts.rows} rows of ${counts.tables} tables are at ${to}, compared one by one`)
  say(
    `Set LEDGER to this database for every instance. ${options.from} is unchanged: keep it as a copy, and do not run an instance on it again.`,
  )
  return EXIT_CODES.done
}
