import { Option } from '@commander-js/extra-typings'
import { EXIT_CODES, RollcallError } from '../../../core/errors.ts'
import { LEAVER_CAUSES } from '../../../core/leavers/causes.ts'
import { nameOf } from '../../../core/leavers/case-name.ts'
import type { OpenCase } from '../../../core/leavers/open-cases.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { inForce, ownConfigOption } from '../../support/running/in-force.ts'
import { employeeNamedOrNull } from '../../support/employees.ts'
import { iso } from '../../support/instants.ts'
import { withLedger } from '../../support/ledger.ts'
import { type ListOptions, limitOption, pageOption, sortOption } from '../../support/list/options.ts'
import { printList, rowsSince } from '../../support/list/print.ts'
import { rowFormatOption } from '../../support/options/options.ts'
import { type Column, keepSmall, type RowFormat } from '../../support/rows.ts'
import { whenColumn } from '../../support/screen/when.ts'
import { ageOf, openCases } from './open-cases.ts'

export const register: RegisterCommand = (leavers, { environment, finish }) => {
  leavers
    .command('list', { isDefault: true })
    .description('the open cases, oldest first, with cause and age')
    .addOption(
      new Option('--cause <cause>', 'only those with this cause').choices(Object.keys(LEAVER_CAUSES)),
    )
    .option('--summary', 'how long closed cases took until the account was proven disabled', false)
    .option('--employee <id>', 'only those of this employee')
    .option(
      '--since <instant>',
      'only those opened since, as in 7d or 2026-11-02; with --summary: that ended since',
    )
    .addOption(limitOption())
    .addOption(pageOption())
    .addOption(sortOption(columns(0)))
    .addOption(ownConfigOption())
    .addOption(rowFormatOption())
    .action(async ({ summary, ...options }) => {
      const { cause, employee, limit, page, sort, since, output } = options
      for (const [option, value] of Object.entries({ cause, employee, limit, page, sort }))
        if (summary && value !== undefined)
          throw new RollcallError(
            'ArgumentInvalid',
            `--${option} lists open cases; leave it out with --summary`,
          )
      finish(
        summary
          ? await (await import('./summary.ts')).summarize(environment, since, output)
          : await listLeavers(environment, options),
      )
    })
}

interface LeaversOptions extends ListOptions {
  readonly cause?: string | undefined
  readonly employee?: string | undefined
  readonly since?: string | undefined
  readonly ownConfig: boolean
  readonly output: RowFormat
}

/** Always exit 0. */
async function listLeavers(environment: NodeJS.ProcessEnv, options: LeaversOptions): Promise<number> {
  keepSmall()
  const { sinceOrNull } = await import('../../support/options/instant-option.ts')
  const now = Date.now()
  const since = sinceOrNull('--since', options.since, now)
  return withLedger(environment, async (ledger, own) => {
    const employeeId = await employeeNamedOrNull(ledger, options.employee)
    const { config } = await inForce(ledger, own, { ownConfig: options.ownConfig, rules: 'shown' })
    const all = openCases(ledger, config, { now, employeeId })
    const recent = rowsSince(all, since, ({ leaverCase }) => leaverCase.openedAt)
    const cases = withCause(recent, options.cause)
    await printList(cases, { columns: columns(now), readable: (one) => toJson(one, now), options })
    return EXIT_CODES.done
  })
}

async function* withCause(
  cases: AsyncIterable<OpenCase>,
  cause: string | undefined,
): AsyncGenerator<OpenCase> {
  for await (const one of cases) if (cause === undefined || one.assessment.cause === cause) yield one
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
    [
      'age',
      8,
      ({ leaverCase }) => ageOf(now - leaverCase.openedAt),
      ({ leaverCase }) => now - leaverCase.openedAt,
    ],
    whenColumn('effective', ({ leaverCase }) => leaverCase.effectiveAt),
    ['resends', 8, ({ leaverCase }) => String(leaverCase.resends)],
    whenColumn('next', ({ assessment }) => assessment.nextAt),
    ['what to do', 0, ({ assessment }) => LEAVER_CAUSES[assessment.cause].fix],
  ]
}
