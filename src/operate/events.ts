import { once } from 'node:events'
import { RollcallError } from '../core/errors.ts'
import { EVENT_STATES, type EventState } from '../core/ledger/lifecycle.ts'
import type { EventLine } from '../core/ledger/port.ts'
import { withLedger } from './status.ts'

export interface EventsOptions {
  readonly state?: string
  /** An instant as ISO 8601 says it. */
  readonly since?: string
  readonly output: 'table' | 'json' | 'ndjson'
}

/** One transaction reads so many, and memory holds no more. */
const PAGE = 1_000

/** Lists events in the order they were received, page by page. Names, states and moments; no values. */
export function events(environment: NodeJS.ProcessEnv, { state, since, output }: EventsOptions): Promise<number> {
  const query = { state: state === undefined ? null : stateOf(state), since: since === undefined ? null : instantOf(since), limit: PAGE }
  return withLedger(environment, async (ledger) => {
    const write = writerOf(output)
    let next: number | null = null
    do {
      const page = await ledger.events({ ...query, next })
      for (const event of page.events) await print(write.line(event))
      next = page.next
    } while (next !== null)
    await print(write.end())
    return 0
  })
}

function stateOf(text: string): EventState {
  const state = EVENT_STATES.find((one) => one === text)
  if (state === undefined) throw new RollcallError('ConfigInvalid', `--state takes one of ${EVENT_STATES.join(', ')}`)
  return state
}

function instantOf(text: string): number {
  const at = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at))
    throw new RollcallError('ConfigInvalid', '--since takes a day or an instant, as in 2026-11-02 or 2026-11-02T08:00:00Z')
  return at
}

/** Waits when the reader is slower than the ledger. */
async function print(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain')
}

interface Writer {
  line(event: EventLine): string
  end(): string
}

const COLUMNS: readonly (readonly [name: string, width: number, of: (event: EventLine) => string])[] = [
  ['received', 25, ({ receivedAt }) => iso(receivedAt) ?? ''],
  ['event', 26, ({ id }) => id],
  ['employee', 14, ({ employee }) => employee],
  ['type', 22, ({ type }) => type],
  ['state', 14, ({ state }) => state],
  ['why', 0, ({ reason, detail, by }) => [reason, detail, by && `by ${by}`].filter(Boolean).join(', ')],
]

function writerOf(output: EventsOptions['output']): Writer {
  let count = 0
  switch (output) {
    case 'ndjson':
      return { line: (event) => `${JSON.stringify(readable(event))}\n`, end: () => '' }
    case 'json':
      return {
        line: (event) => `${count++ === 0 ? '[\n' : ',\n'} ${JSON.stringify(readable(event))}`,
        end: () => (count === 0 ? '[]\n' : '\n]\n'),
      }
    case 'table': {
      const row = (cells: readonly string[]): string =>
        `${cells
          .map((cell, index) => cell.padEnd(COLUMNS[index]?.[1] ?? 0))
          .join('  ')
          .trimEnd()}\n`
      const head = row(COLUMNS.map(([name]) => name))
      return {
        line: (event) => (count++ === 0 ? head : '') + row(COLUMNS.map(([, , of]) => of(event))),
        end: () => (count === 0 ? head : ''),
      }
    }
  }
}

function readable({ effectiveAt, receivedAt, finishedAt, ...event }: EventLine): object {
  return { ...event, effectiveAt: iso(effectiveAt), receivedAt: iso(receivedAt), finishedAt: iso(finishedAt) }
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
