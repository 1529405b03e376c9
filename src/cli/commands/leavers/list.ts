import { Option } from '@commander-js/extra-typings'
import { EXIT_CODES, RollcallError } from '../../../core/errors.ts'
import { LEAVER_CAUSES } from '../../../core/leavers/causes.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { inForce, ownConfigOption } from '../../support/running/in-force.ts'
import { iso } from '../../support/instants.ts'
import { withLedger } from '../../support/ledger.ts'
import { rowFormatOption } from '../../support/options.ts'
import { type Column, keepSmall, type RowFormat, rowWriter } from '../../support/rows.ts'
import { ageOf, nameOf, type OpenCase, openCases } from './open-cases.ts'

export const register: RegisterCommand = (leavers, { environment, finish }) => {
  leavers
    .command('list', { isDefault: true })
    .description('the open cases, oldest first, with cause and age')
    .addOption(
      new Option('--cause <cause>', 'only those with this cause').choices(Object.keys(LEAVER_CAUSES)),
    )
    .option('--summary', 'how long closed cases took until the account was proven disabled', false)
    .option('--since <instant>', 'with --summary: only cases that ended since, as in 7d or 2026-11-02')
    .addOption(ownConfigOption())
    .addOption(rowFormatOption())
    .action(async ({ summary, since, ...options }) => {
      if (summary && options.cause !== undefined)
        throw new RollcallError('ArgumentInvalid', '--cause lists open cases; leave it out with --summary')
      if (!summary && since !== undefined)
        throw new RollcallError(
          'ArgumentInvalid',
          '--since belongs to --summary; the list has all open cases',
        )
      finish(
        summary
          ? await (await import('./summary.ts')).summarize(environment, since, options.output)
          : await listLeavers(environment, options),
      )
    })
}

interface ListOptions {
  readonly cause?: string | undefined
  readonly ownConfig: boolean
  readonly output: RowFormat
}

/** Always exit 0. */
function listLeavers(
  environment: NodeJS.ProcessEnv,
  { cause, ownConfig, output }: ListOptions,
): Promise<number> {
  keepSmall()
  return withLedger(environment, async (ledger, own) => {
    const { config } = await inForce(ledger, own, { ownConfig, rules: 'shown' })
    const now = Date.now()
    const write = rowWriter(output, columns(now), (one: OpenCase) => toJson(one, now))
    for await (const one of openCases(ledger, config, { now, employeeId: null }))
      if (cause === undefined || one.assessment.cause === cause) await write.row(one)
    await write.end()
    return EXIT_CODES.done
  })
}

function toJson({ leaverCase, assessment }: OpenCase, now: number): object {
  const { id, employeeId, event, resends } = leaverCase
  const { cause, detail, nextAt } = assessment
  return {
    id: nameOf(id),
    employee: employeeId,
    cause,
    detail,
    ageMs: now - leaverCase.openedAt,
    event,
    effectiveAt: iso(leaverCase.effectiveAt),
    recordedAt: iso(leaverCase.recordedAt),
    receivedAt: iso(leaverCase.receivedAt),
    openedAt: iso(leaverCase.openedAt),
    resends,
    nextAt: iso(nextAt),
    ...LEAVER_CAUSES[cause],
  }
}

function columns(now: number): readonly Column<OpenCase>[] {
  return [
    ['case', 12, ({ leaverCase }) => nameOf(leaverCase.id)],
    ['employee', 20, ({ leaverCase }) => leaverCase.employeeId],
    ['cause', 34, ({ assessment: { cause, detail } }) => (detail === null ? cause : `${cause} (${detail})`)],
    ['age', 8, ({ leaverCase }) => ageOf(now - leaverCase.openedAt)],
    ['effective', 25, ({ leaverCase }) => iso(leaverCase.effectiveAt)],
    ['resends', 8, ({ leaverCase }) => String(leaverCase.resends)],
    ['next', 25, ({ assessment }) => iso(assessment.nextAt) ?? ''],
    ['what to do', 0, ({ assessment }) => LEAVER_CAUSES[assessment.cause].fix],
  ]
}
