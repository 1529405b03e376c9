import { EXIT_CODES } from '../../../core/errors.ts'
import { MONTH_MS } from '../../../core/emergency/money.ts'
import { EMERGENCY_REASONS } from '../../../core/emergency/reasons.ts'
import { type EmergencyRow, emergencyRows } from '../../../core/evidence/emergency.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { withLedger } from '../../support/ledger.ts'
import { type ListOptions, limitOption, pageOption, sortOption } from '../../support/list/options.ts'
import { printList } from '../../support/list/print.ts'
import { rowFormatOption } from '../../support/options/options.ts'
import { type Column, keepSmall, type RowFormat } from '../../support/rows.ts'
import { whenColumn } from '../../support/screen/when.ts'

const COLUMNS: readonly Column<EmergencyRow>[] = [
  ['call', 10, ({ id }) => id],
  whenColumn('begun', ({ begunAt }) => Date.parse(begunAt)),
  ['employee', 20, ({ employeeId }) => employeeId],
  ['result', 14, ({ result, status }) => (status === null ? result : `${result} (${status})`)],
  ['USD', 8, ({ usd }) => String(usd), ({ usd }) => usd],
  ['operation', 12, ({ operation }) => operation],
  ['the job', 12, ({ job }) => job ?? 'removed'],
  ['because', 0, ({ reason }) => EMERGENCY_REASONS[reason]],
]

export const register: RegisterCommand = (emergency, { environment, finish }) => {
  emergency
    .command('calls')
    .description('each call with its answer, its cost, and how the same operation ended in the job')
    .option('--since <instant>', 'only those begun since, as in 7d or 2026-11-02 (default: 31 days)')
    .addOption(limitOption())
    .addOption(pageOption())
    .addOption(sortOption(COLUMNS))
    .addOption(rowFormatOption())
    .action(async (options) => finish(await listCalls(environment, options)))
}

interface CallsOptions extends ListOptions {
  readonly since?: string | undefined
  readonly output: RowFormat
}

/** Always exit 0. */
async function listCalls(environment: NodeJS.ProcessEnv, options: CallsOptions): Promise<number> {
  keepSmall()
  const { sinceOrNull } = await import('../../support/options/instant-option.ts')
  const now = Date.now()
  const from = sinceOrNull('--since', options.since, now) ?? now - MONTH_MS
  return withLedger(environment, async (ledger) => {
    const calls = emergencyRows(ledger, { from, to: Number.MAX_SAFE_INTEGER })
    await printList(calls, { columns: COLUMNS, readable: toJson, options })
    return EXIT_CODES.done
  })
}

function toJson({ section: _section, ...call }: EmergencyRow): object {
  return call
}
