import { EXIT_CODES } from '../../core/errors.ts'
import { statusToJson } from '../status/json.ts'
import { readStatus } from '../status/status.ts'
import { readStrict, sayStrict } from '../status/strict.ts'
import { printStatus } from '../status/table.ts'
import type { RegisterCommand } from '../support/command.ts'
import { withLedger } from '../support/ledger.ts'
import { formatOption } from '../support/options/options.ts'
import { type Format, printJson } from '../support/output.ts'
import { inForce, ownConfigOption } from '../support/running/in-force.ts'
import { connectorToJson, sayMissingLoops } from './instances/in-status.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('status')
    .option('--allow-stopped', 'do not end with 10 when no connector runs, or a loop runs nowhere', false)
    .addOption(ownConfigOption())
    .option('--strict', 'exit 9 when a leaver case is open past the limit, or a finding is open', false)
    .option('--leaver-limit <duration>', 'with --strict: as in 30m, 24h or 7d', '24h')
    .addOption(formatOption())
    .action(async (options) => finish(await status(environment, options)))
}

interface StatusOptions {
  readonly allowStopped: boolean
  readonly ownConfig: boolean
  readonly strict: boolean
  readonly leaverLimit: string
  readonly output: Format
}

/**
 * Exit 0 when the books balance and every loop runs in some instance; 3 when the books do not
 * balance, 10 when a loop runs nowhere; with `--strict` also 9 when a leaver case is open past the
 * limit or a finding is open.
 */
async function status(environment: NodeJS.ProcessEnv, options: StatusOptions): Promise<number> {
  const { durationOf } = await import('../support/options/instant-option.ts')
  const leaverLimitMs = durationOf('--leaver-limit', options.leaverLimit)
  return withLedger(environment, async (ledger, own) => {
    const { config, views } = await inForce(ledger, own, {
      ownConfig: options.ownConfig,
      rules: 'shown',
      saysStopped: true,
    })
    const now = Date.now()
    const shown = await readStatus(ledger, config, now)
    const findings = shown.findings.reduce((sum, { count }) => sum + count, 0)
    const strict = options.strict ? await readStrict(ledger, config, { now, leaverLimitMs, findings }) : null
    if (options.output === 'json')
      printJson({ connector: connectorToJson(views), ...statusToJson(shown), ...(strict ? { strict } : {}) })
    else printStatus(shown, views)
    const stopped = sayMissingLoops(views) && !options.allowStopped
    const attention = strict ? sayStrict(strict, shown.books.wrong) : EXIT_CODES.done
    if (!shown.books.balanced) return EXIT_CODES.unbalanced
    return stopped ? EXIT_CODES.notRunning : attention
  })
}
