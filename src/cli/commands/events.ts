import { RollcallError } from '../../core/errors.ts'
import { EVENT_STATES, type EventState } from '../../core/ledger/lifecycle.ts'
import type { EventLine } from '../../core/ledger/port/inspect.ts'
import { type Column, instantOf, iso, keepSmall, type RowFormat, rowWriter } from '../support/rows.ts'
import { withLedger } from './status.ts'

export interface EventsOptions {
  readonly state?: string
  /** An instant as ISO 8601 says it. */
  readonly since?: string
  readonly output: RowFormat
}

/** One transaction reads so many, and memory holds no more. */
const PAGE = 1_000

/** Lists events in the order they were received, page by page. Names, states and moments; no values. */
export function events(
  environment: NodeJS.ProcessEnv,
  { state, since, output }: EventsOptions,
): Promise<number> {
  keepSmall()
  const query = {
    state: state === undefined ? null : stateOf(state),
    since: since === undefined ? null : instantOf('--since', since),
    limit: PAGE,
  }
  return withLedger(environment, async (ledger) => {
    const write = rowWriter(output, COLUMNS, readable)
    let next: number | null = null
    do {
      const page = await ledger.listEvents({ ...query, next })
      for (const event of page.events) await write.row(event)
      next = page.next
    } while (next !== null)
    await write.end()
    return 0
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
