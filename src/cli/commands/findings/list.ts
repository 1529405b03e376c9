import { EXIT_CODES, RollcallError } from '../../../core/errors.ts'
import { FINDING_CODES, type FindingCode } from '../../../core/findings/codes.ts'
import type { Finding } from '../../../core/ledger/port/findings.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { iso } from '../../support/instants.ts'
import { employeeNamedOrNull, nearlyMatching } from '../../support/employees.ts'
import { withLedger } from '../../support/ledger.ts'
import { rowFormatOption } from '../../support/options.ts'
import { say } from '../../support/output.ts'
import { type Column, type RowFormat, rowWriter, writePages } from '../../support/rows.ts'
import { findingJson, nameOf, stateOf } from './finding.ts'

export const register: RegisterCommand = (findings, { environment, finish }) => {
  findings
    .command('list', { isDefault: true })
    .description('open findings, the oldest first')
    .option('--all', 'include settled and acknowledged ones', false)
    .option('--code <code>', 'only findings with this code')
    .option('--employee <id>', 'only findings about this employee')
    .addOption(rowFormatOption())
    .action(async (options) => finish(await listFindings(environment, options)))
}

interface FindingsOptions {
  readonly all: boolean
  readonly code?: string | undefined
  readonly employee?: string | undefined
  readonly output: RowFormat
}

/** Rows of one transaction. */
const PAGE = 1_000

/** Exit 0 when there are findings, 4 when there are none. */
function listFindings(
  environment: NodeJS.ProcessEnv,
  { all, code, employee, output }: FindingsOptions,
): Promise<number> {
  const query = {
    open: !all,
    code: code === undefined ? null : codeOf(code),
    limit: PAGE,
  }
  return withLedger(environment, async (ledger) => {
    const employeeId = await employeeNamedOrNull(ledger, employee)
    const found = await writePages(rowWriter(output, COLUMNS, findingJson), async (from) => {
      const { findings: rows, next } = await ledger.listFindings({ ...query, employeeId, next: from })
      return { rows, next }
    })
    if (found > 0) return EXIT_CODES.done
    say(`no finding matches${employee === undefined ? '' : await nearlyMatching(ledger, employee)}`)
    return EXIT_CODES.notFound
  })
}

const COLUMNS: readonly Column<Finding>[] = [
  ['finding', 14, nameOf],
  ['code', 26, ({ code }) => code],
  ['state', 13, stateOf],
  ['employee', 20, ({ employeeId }) => employeeId ?? ''],
  ['raised', 25, ({ raisedAt }) => iso(raisedAt)],
  ['detail', 0, ({ detail }) => detail ?? ''],
]

function codeOf(text: string): FindingCode {
  const code = FINDING_CODES.find((one) => one === text)
  if (code === undefined)
    throw new RollcallError('ArgumentInvalid', `--code takes one of ${FINDING_CODES.join(', ')}`)
  return code
}
