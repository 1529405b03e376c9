import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import { EVENT_STATES, type EventState } from '../../core/ledger/lifecycle.ts'
import type { EventLine } from '../../core/ledger/port/inspect.ts'
import type { RegisterCommand } from '../support/command.ts'
import { employeeNamedOrNull } from '../support/employees.ts'
import { iso } from '../support/instants.ts'
import { withLedger } from '../support/ledger.ts'
import { type ListOptions, limitOption, pageOption, sortOption } from '../support/list/options.ts'
import { rowsOf } from '../../core/ledger/pages.ts'
import { printList } from '../support/list/print.ts'
import { rowFormatOption } from '../support/options/options.ts'
import { type Column, keepSmall, type RowFormat } from '../support/rows.ts'
import { whenColumn } from '../support/screen/when.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('events')
    .option('--state <state>', 'only those in this state')
    .option('--employee <id>', 'only those of this employee')
    .option('--since <instant>', 'only those received at or after this instant, as in 1h, 7d or 2026-11-02')
    .option('--until <instant>', 'only those received before this instant')
    .addOption(limitOption())
    .addOption(pageOption())
    .addOption(sortOption(COLUMNS))
    .addOption(rowFormatOption())
    .action(async (options) => finish(await listEvents(environment, options)))
}

interface EventsOptions extends ListOptions {
  readonly state?: string | undefined
  readonly employee?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly output: RowFormat
}

/** Rows of one transaction. */
const PAGE = 1_000

async function listEvents(environment: NodeJS.ProcessEnv, options: EventsOptions): Promise<number> {
  keepSmall()
  const { sinceOrNull } = await import('../support/options/instant-option.ts')
  const { state, since, until, employee } = options
  const now = Date.now()
  const asked = {
    state: state === undefined ? null : stateOf(state),
    since: sinceOrNull('--since', since, now),
    until: sinceOrNull('--until', until, now),
    limit: PAGE,
  }
  return withLedger(environment, async (ledger) => {
    const query = { ...asked, employeeId: await employeeNamedOrNull(ledger, employee) }
    const events = rowsOf(async (from: number | null) => {
      const { events: rows, next } = await ledger.listEvents({ ...query, next: from })
      return { rows, next }
    })
    await printList(events, { columns: COLUMNS, readable, options })
    return EXIT_CODES.done
  })
}

function stateOf(text: string): EventState {
  const state = EVENT_STATES.find((one) => one === text)
  if (state === undefined)
    throw new RollcallError('ArgumentInvalid', `--state takes one of ${EVENT_STATES.join(', ')}`)
  return state
}

const COLUMNS: readonly Column<EventLine>[] = [
  whenColumn('received', ({ receivedAt }) => receivedAt),
  ['event', 26, ({ id }) => id],
  ['employee', 14, ({ employeeId }) => employeeId],
  ['type', 22, ({ type }) => type],
  ['state', 14, ({ state }) => state],
  ['reason', 0, ({ reason, detail, by }) => [reason, detail, by && `by ${by}`].filter(Boolean).join(', ')],
]

function readable({ effectiveAt, receivedAt, finishedAt, ...event }: EventLine): object {
  return { ...event, effectiveAt: iso(effectiveAt), receivedAt: iso(receivedAt), finishedAt: iso(finishedAt) }
}
