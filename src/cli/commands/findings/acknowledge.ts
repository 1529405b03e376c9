import { EXIT_CODES, RollcallError } from '../../../core/errors.ts'
import { findingKind } from '../../../core/findings/codes.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
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
type Result = 'acknowledged' | 'already acknowledged' | 'unknown'

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
      const results: { finding: string; result: Result }[] = []
      for (const seq of seqs)
        results.push({ finding: `finding-${seq}`, result: await acknowledge(ledger, seq, options) })
      if (options.output === 'json') printJson(results)
      else for (const { finding, result } of results) say(`${finding}: ${result}`)
      if (results.some(({ result }) => result === 'unknown')) return EXIT_CODES.notFound
      return results.every(({ result }) => result === 'acknowledged') ? EXIT_CODES.done : EXIT_CODES.partial
    },
    'write',
  )
}

/** Throws `FindingNeedsMore` for a finding that acknowledging does not close. */
async function acknowledge(
  ledger: Ledger,
  seq: number,
  { actor, justification }: AcknowledgeOptions,
): Promise<Result> {
  const finding = await ledger.findFinding(seq)
  if (finding === null) return 'unknown'
  const { acknowledging, fix } = findingKind(finding.code)
  if (acknowledging === null)
    throw new RollcallError('FindingNeedsMore', `finding-${seq} is not acknowledged: ${fix}`)
  const done = await ledger.acknowledgeFinding({ seq, actor, justification }, Date.now())
  return done ? 'acknowledged' : 'already acknowledged'
}
