import { EXIT_CODES } from '../../core/errors.ts'
import type { RegisterCommand } from '../support/command.ts'
import { formatOption } from '../support/options/options.ts'
import { type Format, printJson, printTable } from '../support/output.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('check')
    .addOption(formatOption())
    .action(async ({ output }) => finish(await check(environment, output)))
}

/** Exit 0 when everything that the connector cannot do without works, 1 otherwise. */
async function check(environment: NodeJS.ProcessEnv, format: Format): Promise<number> {
  const [{ readConfig }, { proveAll }] = await Promise.all([
    import('../../compose/config.ts'),
    import('../../compose/check/all.ts'),
  ])
  const findings = await proveAll(readConfig(environment))
  const ok = findings.every(({ outcome }) => outcome !== 'failed')
  if (format === 'json') printJson({ ok, findings })
  else
    printTable(
      ['', '', ''],
      findings.map(({ what, outcome, say }) => [what, outcome, say]),
    )
  return ok ? EXIT_CODES.done : EXIT_CODES.failed
}
