import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import { EVENT_STATES, type EventState } from '../../core/ledger/lifecycle.ts'
import type { EventLine } from '../../core/ledger/port/inspect.ts'
import type { RegisterCommand } from '../support/command.ts'
import { iso } from '../support/instants.ts'
import { withLedger } from '../support/ledger.ts'
import { rowFormatOption } from '../support/options.ts'
import { type Column, keepSmall, type RowFormat, rowWriter, writePages } from '../support/rows.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('events')
    .description('events in the order they were received, without their values')
    .option('--state <state>', 'only those in this state')
    .option('--since <instant>', 'only those received at or after this instant')
    .addOption(rowFormatOption())
    .action(async (options) => finish(await listEvents(environment, options)))
}

interface EventsOptions {
  readonly state?: string | undefined
  readonly since?: string | undefined
  readonly output: RowFormat
}

/** Rows of one transaction. */
const PAGE = 1_000

async function listEvents(
  environment: NodeJS.ProcessEnv,
  { state, since, output }: EventsOptions,
): Promise<number> {
  keepSmall()
  const { instantOf } = await import('../support/instant-option.ts')
  const query = {
    state: state === undefined ? null : stateOf(state),
    since: since === undefined ? null : instantOf('--since', since),
    limit: PAGE,
  }
  return withLedger(environment, async (ledger) => {
    await writePages(rowWriter(output, COLUMNS, readable), async (from) => {
      const { events: rows, next } = await ledger.listEvents({ ...query, next: from })
      return { rows, next }
    })
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
  ['received', 25, ({ receivedAt }) => iso(receivedAt)],
  ['event', 26, ({ id }) => id],
  ['employee', 14, ({ employeeId }) => employeeId],
  ['type', 22, ({ type }) => type],
  ['state', 14, ({ state }) => state],
  ['why', 0, ({ reason, detail, by }) => [reason, detail, by && `by ${by}`].filter(Boolean).join(', ')],
]

function readable({ effectiveAt, receivedAt, finishedAt, ...event }: EventLine): object {
  return { ...event, effectiveAt: iso(effectiveAt), receivedAt: iso(receivedAt), finishedAt: iso(finishedAt) }
}
