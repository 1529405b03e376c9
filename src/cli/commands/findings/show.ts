import { EXIT_CODES } from '../../../core/errors.ts'
import { findingKind } from '../../../core/findings/codes.ts'
import type { Finding } from '../../../core/ledger/port/findings.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { when } from '../../support/screen/when.ts'
import { withLedger } from '../../support/ledger.ts'
import { formatOption } from '../../support/options/options.ts'
import { type Format, printJson, printTable, say } from '../../support/output.ts'
import { nameOf, stateOf } from '../../../core/findings/state.ts'
import { findingJson, seqOf } from './finding.ts'

export const register: RegisterCommand = (findings, { environment, finish }) => {
  findings
    .command('show')
    .description('one finding, with its cause and what to do')
    .argument('<finding>', 'finding-…')
    .addOption(formatOption())
    .action(async (name, { output }) => finish(await showFinding(environment, name, output)))
}

/** Exit 4 when the finding does not exist. */
function showFinding(environment: NodeJS.ProcessEnv, name: string, output: Format): Promise<number> {
  const seq = seqOf(name)
  return withLedger(environment, async (ledger) => {
    const finding = await ledger.findFinding(seq)
    if (!finding) {
      say(`finding ${name} does not exist`)
      return EXIT_CODES.notFound
    }
    const { cause, fix, owner, waitingHelps, acknowledging } = findingKind(finding.code)
    if (output === 'json')
      printJson({ ...findingJson(finding), cause, fix, owner, waitingHelps, acknowledging })
    else print(finding)
    return EXIT_CODES.done
  })
}

function print(finding: Finding): void {
  const { cause, fix, owner, waitingHelps, acknowledging } = findingKind(finding.code)
  printTable(
    ['finding', nameOf(finding)],
    [
      ['code', finding.code],
      ['employee', finding.employeeId ?? ''],
      ['event', finding.event?.id ?? ''],
      ['raised', when(finding.raisedAt)],
      ['detail', finding.detail ?? ''],
      ['state', stateOf(finding)],
      ['acknowledged by', finding.acknowledged?.by ?? ''],
      ['justification', finding.acknowledged?.justification ?? ''],
      ['cause', cause],
      ['what to do', fix],
      ['owner', owner],
      ['waiting helps', waitingHelps ? 'yes' : 'no'],
      ...(acknowledging === null ? [] : [['acknowledging it', acknowledging]]),
    ],
  )
}
