import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { Trace } from '../../../src/core/ledger/port/views/trace.ts'
import { EVENT_REASONS } from '../../../src/core/ledger/event-reason.ts'
import type { OutboxMessage } from '../../../src/core/ports.ts'
import type { EntraDouble } from '../../../src/local/entra/server.ts'
import { expected, type Facts, held, type Workload } from './workload.ts'

/**
 * What the ledger believes, held against what the double knows. Every list is empty when all is
 * well.
 */
export interface Verdict {
  readonly operations: number
  readonly records: number
  readonly joined: number
  /** Records joined to an operation of other content than the one they answer. */
  readonly wrong: readonly string[]
  /**
   * Records joined to another operation that sent the very same bytes: nothing in a record tells
   * such twins apart.
   */
  readonly twins: readonly string[]
  /** The connector's own log records that matched no operation. */
  readonly unjoined: number
  readonly endless: readonly string[]
  /**
   * Events without exactly one final outcome a revision, or whose last outcome is not what the
   * ledger says.
   */
  readonly untold: readonly string[]
  /** Employees whose user in the directory differs from their events. */
  readonly differing: readonly string[]
  /**
   * The same of people whose last word was given up because the log never spoke of it, and of
   * people whose joining event is dead: without a user name nothing can be sent for them. A leaver
   * among them is not in the directory; and an employee whose creation had failed for good is,
   * when a retry of the service succeeded later.
   */
  readonly unreachable: readonly string[]
  /**
   * The connector's own deactivations that were taken for foreign ones, of which these worlds have
   * none.
   */
  readonly mistaken: readonly string[]
  readonly events: Readonly<Record<string, number>>
  readonly states: Readonly<Record<string, number>>
}

export interface Evidence {
  readonly ledger: Ledger
  readonly entra: EntraDouble
  readonly world: Workload
  readonly published: readonly OutboxMessage[]
  /** What was sent, by operation. */
  readonly sent: ReadonlyMap<string, string>
  readonly now: number
}

export async function verdict({ ledger, entra, world, published, sent }: Evidence): Promise<Verdict> {
  const traces = new Map<string, Trace>()
  for (const employeeId of world.employees) {
    const found = await ledger.readTrace(employeeId)
    if (found) traces.set(employeeId, found)
  }
  const { stateCounts } = await ledger.readCounts()
  const truth = await entra.truth()
  const { findings } = await ledger.listFindings({
    open: false,
    code: 'DisabledElsewhere',
    employeeId: null,
    next: null,
    limit: 100,
  })
  return {
    operations: sent.size,
    records: truth.length,
    ...compareJoins(traces, truth, sent),
    endless: [...traces.values()].flatMap(({ operations }) =>
      operations.filter(({ finishedAt }) => finishedAt === null).map(({ id, state }) => `${id} ${state}`),
    ),
    untold: untold(traces, published),
    mistaken: findings.map(({ employeeId, detail }) => `${employeeId}: ${detail}`),
    ...differences(traces, world, await entra.directory()),
    events: positive(stateCounts.events),
    states: positive(stateCounts.operations),
  }
}

type Truth = Awaited<ReturnType<EntraDouble['truth']>>

function compareJoins(
  traces: ReadonlyMap<string, Trace>,
  truth: Truth,
  sent: ReadonlyMap<string, string>,
): Pick<Verdict, 'joined' | 'wrong' | 'twins' | 'unjoined'> {
  const answers = new Map(truth.map(({ recordId, bulkId }) => [recordId, bulkId]))
  const believed = new Map<string, string>()
  for (const { operations } of traces.values())
    for (const { id, records } of operations) for (const record of records) believed.set(record.id, id)
  const missed = [...believed].filter(([record, operation]) => answers.get(record) !== operation)
  const isTwin = ([record, operation]: readonly [string, string]): boolean => {
    const content = sent.get(answers.get(record) ?? '')
    return content !== undefined && content === sent.get(operation)
  }
  const say = ([record, operation]: readonly [string, string]): string =>
    `${record}: ${operation}, in truth ${answers.get(record) || 'foreign'}`
  return {
    joined: believed.size,
    wrong: missed.filter((one) => !isTwin(one)).map(say),
    twins: missed.filter(isTwin).map(say),
    unjoined: truth.filter(({ recordId, bulkId }) => bulkId !== '' && !believed.has(recordId)).length,
  }
}

function untold(traces: ReadonlyMap<string, Trace>, published: readonly OutboxMessage[]): string[] {
  const outcomes = new Map<string, Map<number, Set<string>>>()
  const last = new Map<string, string>()
  const told = new Set<string>()
  for (const { id, body } of published) {
    if (told.has(id)) continue
    told.add(id)
    const data = body['data'] as { event: { id: string }; revision: number; state: string }
    const revisions = outcomes.get(data.event.id) ?? new Map<number, Set<string>>()
    outcomes.set(
      data.event.id,
      revisions.set(data.revision, (revisions.get(data.revision) ?? new Set()).add(id)),
    )
    last.set(data.event.id, data.state)
  }
  return [...traces.values()].flatMap(({ events }) =>
    events.flatMap(({ id, state, finishedAt }) => {
      const revisions = [...(outcomes.get(id) ?? [])]
      const once =
        revisions.length > 0 &&
        revisions.every(([number, ids], index) => number === index + 1 && ids.size === 1)
      return once && finishedAt !== null && last.get(id) === state
        ? []
        : [`${id}: ${state}, told ${revisions.length} times`]
    }),
  )
}

function differences(
  traces: ReadonlyMap<string, Trace>,
  world: Workload,
  directory: Awaited<ReturnType<EntraDouble['directory']>>,
): Pick<Verdict, 'differing' | 'unreachable'> {
  const out = new Set<string>()
  for (const { events } of traces.values())
    for (const { id, state, reason } of events)
      if (
        state === 'dead-lettered' &&
        reason !== EVENT_REASONS.noOutcome &&
        reason !== EVENT_REASONS.incompleteRecord
      )
        out.add(id)
  const events = [...new Map(world.arrivals.map(({ event }) => [event.id, event])).values()]
  const byEmployee = Map.groupBy(events, ({ employeeId }) => employeeId)
  const [differing, unreachable]: [string[], string[]] = [[], []]
  for (const employeeId of world.employees) {
    const should = expected(byEmployee.get(employeeId) ?? [], ({ id }) => !out.has(id))
    const entry = directory[employeeId]
    const holds: Facts = entry ? held(entry.record) : {}
    if (JSON.stringify(should) === JSON.stringify(holds)) continue
    const givenUp =
      traces
        .get(employeeId)
        ?.events.some(({ reason }) => reason === EVENT_REASONS.noOutcome || reason === 'NoRecord') ?? false
    const list = should['userName'] === undefined || givenUp ? unreachable : differing
    list.push(`${employeeId}: holds ${JSON.stringify(holds)}, should ${JSON.stringify(should)}`)
  }
  return { differing, unreachable }
}

function positive(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}
