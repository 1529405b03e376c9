import type { Config } from '../../config/load.ts'
import { EXIT_CODES } from '../../core/errors.ts'
import { erasureInWords, JUSTIFICATIONS_STAY, valuesLeft } from '../../core/display/erasure.ts'
import { leftInWords } from '../../core/explain/moves.ts'
import { shortened } from '../../core/display/visible.ts'
import type { RegisterCommand } from '../support/command.ts'
import { confirmed, yesOption } from '../support/options/confirm.ts'
import { employeeNamed, nearlyMatching } from '../support/employees.ts'
import { iso } from '../support/instants.ts'
import { actorOption, formatOption, justificationOption } from '../support/options/options.ts'
import { type Format, printJson, printLines, say } from '../support/output.ts'
import { progress } from '../support/screen/progress.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('erase')
    .argument('<employee>', 'employee id')
    .addOption(actorOption('who does it'))
    .addOption(justificationOption('why; free text, stored as you write it'))
    .option('--vacuum', 'PostgreSQL: rewrite the tables, so that no value stays in their files', false)
    .addOption(yesOption())
    .addOption(formatOption())
    .action(async (employee, options) => finish(await erase(employee, options, environment)))
}

interface EraseOptions {
  readonly actor: string
  readonly justification: string
  readonly vacuum: boolean
  readonly yes: boolean
  readonly output: Format
}

/** Exit 0 done, 4 when the ledger holds no such employee, 8 when the user did not confirm. */
async function erase(
  employee: string,
  { actor, justification, vacuum, yes, output }: EraseOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const [{ readConfig }, { expectLedger, isSharedLedger, openOwn }] = await Promise.all([
    import('../../compose/config.ts'),
    import('../../compose/ledger/open.ts'),
  ])
  const config = readConfig(environment)
  expectLedger(config)
  const shared = isSharedLedger(config)
  const ledger = await openOwn(config)
  try {
    const employeeId = await employeeNamed(ledger, employee)
    const what = `erase everything that the ledger holds about ${shortened(employeeId)}`
    if (!(await confirmed({ what, typed: employeeId, yes }))) return EXIT_CODES.stopped
    const facts = await ledger.readAccess(employeeId, Date.now())
    const erased = await ledger.eraseEmployee({ employeeId, actor, justification }, Date.now())
    if (!erased) {
      say(`the ledger holds no such employee${await nearlyMatching(ledger, employeeId)}`)
      return EXIT_CODES.notFound
    }
    const filesClean = erased.filesClean || (shared && vacuum && (await rewritten(config)))
    if (output === 'json') printJson({ ...erased, filesClean })
    else printLines(erasureInWords(erased))
    for (const account of facts?.left ?? []) say(`stays as it is: ${leftInWords(account, iso)}`)
    say(JUSTIFICATIONS_STAY)
    const left = valuesLeft({ filesClean }, shared)
    if (left !== null) say(left)
    return EXIT_CODES.done
  } finally {
    await ledger.close()
  }
}

async function rewritten(config: Config): Promise<true> {
  const { rewriteLedger } = await import('../../compose/ledger/open.ts')
  const line = progress('tables')
  let tables = 0
  try {
    await rewriteLedger(config, (name) => line.at(tables++, `rewrites ${name}`))
  } finally {
    line.end()
  }
  return true
}
