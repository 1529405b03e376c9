import { EXIT_CODES } from '../../../core/errors.ts'
import type { Blocked } from '../../../core/ledger/port/blocks.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { employeeNamed } from '../../support/employees.ts'
import { iso } from '../../support/instants.ts'
import { when } from '../../support/screen/when.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, formatOption, justificationOption } from '../../support/options/options.ts'
import { type Format, printJson, say } from '../../support/output.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('block')
    .argument('<employee>', 'employee id')
    .option(
      '--until <instant>',
      'when the block ends, as in 30d or 2026-12-31 (default: only rollcall unblock lifts it)',
    )
    .addOption(actorOption('who blocks'))
    .addOption(justificationOption())
    .addOption(formatOption())
    .action(async (employee, options) => finish(await block(environment, employee, options)))
}

interface BlockOptions {
  readonly until?: string | undefined
  readonly actor: string
  readonly justification: string
  readonly output: Format
}

/** Exit 0 when the employee is blocked, also if the ledger does not know the employee yet. */
async function block(
  environment: NodeJS.ProcessEnv,
  employee: string,
  { until, actor, justification, output }: BlockOptions,
): Promise<number> {
  const now = Date.now()
  const { untilOf } = await import('../../support/options/instant-option.ts')
  const end = until === undefined ? null : untilOf('--until', until, now)
  return withLedger(
    environment,
    async (ledger) => {
      const employeeId = await employeeNamed(ledger, employee)
      const [blocked] = await ledger.blockEmployees([{ employeeId, until: end, actor, justification }], now)
      if (output === 'json') printJson({ ...blocked, until: iso(end), actor, justification })
      else if (blocked) say(...describe(blocked, end))
      return EXIT_CODES.done
    },
    'write',
  )
}

function describe({ employeeId, known, candidates }: Blocked, until: number | null): readonly string[] {
  const end = until === null ? 'until rollcall unblock' : `until ${when(until)}`
  return [
    `${employeeId} is blocked ${end}`,
    ...(known ? [] : ['the ledger has no event of this employee yet; the block holds for the first one']),
    ...(candidates.length > 0
      ? [`known ids that nearly match: ${candidates.join(', ')}; unblock this one if you meant another`]
      : []),
  ]
}
