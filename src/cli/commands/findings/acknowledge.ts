import { EXIT_CODES } from '../../../core/errors.ts'
import { acknowledgeFinding, type AcknowledgeResult } from '../../../core/findings/acknowledge.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { confirmedOfMany, yesOption } from '../../support/options/confirm.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, formatOption, justificationOption } from '../../support/options/options.ts'
import { type Format, printJson, say } from '../../support/output.ts'
import { seqOf } from './finding.ts'

export const register: RegisterCommand = (findings, { environment, finish }) => {
  findings
    .command('acknowledge')
    .description('record that you have looked at findings, and why they need no action')
    .argument('<findings...>', 'finding-…')
    .addOption(yesOption())
    .addOption(actorOption('who acknowledges'))
    .addOption(justificationOption())
    .addOption(formatOption())
    .action(async (names, options) => finish(await acknowledgeFindings(environment, names, options)))
}

interface AcknowledgeOptions {
  readonly yes: boolean
  readonly actor: string
  readonly justification: string
  readonly output: Format
}

/**
 * Exit 0 when all of them are acknowledged now, 7 when some were already, 4 when one does not
 * exist, 8 when the user did not confirm.
 */
async function acknowledgeFindings(
  environment: NodeJS.ProcessEnv,
  names: readonly string[],
  options: AcknowledgeOptions,
): Promise<number> {
  const seqs = names.map(seqOf)
  const what = `acknowledge ${seqs.length} findings`
  if (!(await confirmedOfMany(seqs.length, { what, yes: options.yes }))) return EXIT_CODES.stopped
  return withLedger(
    environment,
    async (ledger) => {
      const { actor, justification } = options
      const results: { finding: string; result: AcknowledgeResult }[] = []
      for (const seq of seqs) {
        const result = await acknowledgeFinding(ledger, { seq, actor, justification }, Date.now())
        results.push({ finding: `finding-${seq}`, result })
      }
      if (options.output === 'json') printJson(results)
      else for (const { finding, result } of results) say(`${finding}: ${result}`)
      if (results.some(({ result }) => result === 'unknown')) return EXIT_CODES.notFound
      return results.every(({ result }) => result === 'acknowledged') ? EXIT_CODES.done : EXIT_CODES.partial
    },
    'write',
  )
}
