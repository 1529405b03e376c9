import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { formatOption } from '../../support/options/options.ts'
import { type Format, printJson, printLines } from '../../support/output.ts'

export const register: RegisterCommand = (ledger, { environment, finish }) => {
  ledger
    .command('migrate')
    .description(
      "create the tables in LEDGER, or migrate them to this release's schema; run does this itself if it has the right",
    )
    .option(
      '--grant-to <role>',
      'PostgreSQL: grant this role what rollcall run needs, without the right to create tables',
    )
    .addOption(formatOption())
    .action(async (options) => finish(await migrate(options, environment)))
}

interface MigrateOptions {
  readonly grantTo?: string | undefined
  readonly output: Format
}

/** Exit 0 also when there was nothing to do. */
async function migrate({ grantTo, output }: MigrateOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  const [{ readConfig }, { migrateLedger }, { ledgerName }] = await Promise.all([
    import('../../../compose/config.ts'),
    import('../../../compose/ledger/migrate.ts'),
    import('../../../compose/ledger/open.ts'),
  ])
  const config = readConfig(environment)
  const { version, applied } = await migrateLedger(config, grantTo)
  const name = ledgerName(config)
  if (output === 'json') printJson({ version, applied, grantedTo: grantTo ?? null })
  else if (applied.length === 0) printLines(`${name} has schema ${version}: there was nothing to do`)
  else printLines(`${name} has schema ${version} now: applied ${applied.join(', ')}`)
  return EXIT_CODES.done
}
