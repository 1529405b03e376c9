import { EXIT_CODES, RollcallError } from '../../../core/errors.ts'
import { FINDING_CODES, type FindingCode } from '../../../core/findings/codes.ts'
import type { Finding } from '../../../core/ledger/port/findings.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { employeeNamedOrNull, nearlyMatching } from '../../support/employees.ts'
import { withLedger } from '../../support/ledger.ts'
import { type ListOptions, limitOption, pageOption, sortOption } from '../../support/list/options.ts'
import { rowsOf } from '../../../core/ledger/pages.ts'
import { printList } from '../../support/list/print.ts'
import { rowFormatOption } from '../../support/options/options.ts'
import { say } from '../../support/output.ts'
import type { Column, RowFormat } from '../../support/rows.ts'
import { whenColumn } from '../../support/screen/when.ts'
import { nameOf, stateOf } from '../../../core/findings/state.ts'
import { findingJson } from './finding.ts'

export const register: RegisterCommand = (findings, { environment, finish }) => {
  findings
    .command('list', { isDefault: true })
    .description('open findings, the oldest first')
    .option('--all', 'include settled and acknowledged ones', false)
    .option('--code <code>', 'only findings with this code')
    .option('--employee <id>', 'only findings about this employee')
    .option('--since <instant>', 'only findings raised at or after this instant, as in 1h, 7d or 2026-11-02')
    .addOption(limitOption())
    .addOption(pageOption())
    .addOption(sortOption(COLUMNS))
    .addOption(rowFormatOption())
    .action(async (options) => finish(await listFindings(environment, options)))
}

interface FindingsOptions extends ListOptions {
  readonly all: boolean
  readonly code?: string | undefined
  readonly employee?: string | undefined
  readonly since?: string | undefined
  readonly output: RowFormat
}

/** Rows of one transaction. */
const PAGE = 1_000

/** Exit 0 when there are findings, 4 when there are none. */
async function listFindings(environment: NodeJS.ProcessEnv, options: FindingsOptions): Promise<number> {
  const { all, code, employee, since } = options
  const { sinceOrNull } = await import('../../support/options/instant-option.ts')
  const query = {
    open: !all,
    code: code === undefined ? null : codeOf(code),
    since: sinceOrNull('--since', since, Date.now()),
    limit: PAGE,
  }
  return withLedger(environment, async (ledger) => {
    const employeeId = await employeeNamedOrNull(ledger, employee)
    const findings = rowsOf(async (from: number | null) => {
      const { findings: rows, next } = await ledger.listFindings({ ...query, employeeId, next: from })
      return { rows, next }
    })
    const found = await printList(findings, { columns: COLUMNS, readable: findingJson, options })
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
  whenColumn('raised', ({ raisedAt }) => raisedAt),
  ['detail', 0, ({ detail }) => detail ?? ''],
]

function codeOf(text: string): FindingCode {
  const code = FINDING_CODES.find((one) => one === text)
  if (code === undefined)
    throw new RollcallError('ArgumentInvalid', `--code takes one of ${FINDING_CODES.join(', ')}`)
  return code
}
