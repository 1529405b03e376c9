import { visible } from '../display/visible.ts'
import type { EmployeeTrace, LeftAccount, TraceOperation } from '../ledger/port/views/trace.ts'
import type { When } from './words.ts'

/** An employee who goes from one destination to another. */
export interface Move {
  readonly from: string
  /** `null` until the employee is planned at the new destination. */
  readonly to: string | null
  /** The event because of which the employee moves; `null` when it is gone. */
  readonly event: string | null
  /** Disables the account; `null` when none was enabled. */
  readonly departure: TraceOperation | null
  /** The first record at the new destination; `null` until it is planned. */
  readonly arrival: TraceOperation | null
}

/** The moves among these operations, oldest first. Pure; withdrawn operations moved no employee. */
export function movesOf({ events, operations }: Pick<EmployeeTrace, 'events' | 'operations'>): Move[] {
  const kept = operations.filter(({ state }) => state !== 'withdrawn')
  return kept.flatMap((operation, index): Move[] => {
    const next = kept[index + 1] ?? null
    if (operation.departs && (next === null || next.destination !== operation.destination))
      return [move(operation, next, operation.movedBy)]
    if (next === null || next.destination === operation.destination) return []
    const carried = events.findLast((event) => event.operation === next.id)
    return [{ ...move(operation, next, carried?.id ?? null), departure: null }]
  })
}

function move(last: TraceOperation, arrival: TraceOperation | null, event: string | null): Move {
  return { from: last.destination, to: arrival?.destination ?? null, event, departure: last, arrival }
}

/** The whole move in one sentence. */
export function moveInWords(employee: string, move: Move, when: When): string {
  const { from, to, event, departure, arrival } = move
  const where = to === null ? `leaves ${from}` : `moves from ${from} to ${to}`
  const why = event === null ? '' : ` because of event ${visible(event)}`
  const disabled = departure
    ? `disabled at ${from} by ${standing(departure, when)}`
    : `no account was enabled at ${from}`
  const created = arrival
    ? `${arrival.before === null ? 'created' : 'enabled again'} at ${arrival.destination} by ${standing(arrival, when)}`
    : 'the new destination follows once that is confirmed'
  return `${employee} ${where}${why}: ${disabled}, ${created}`
}

const OPEN: ReadonlySet<TraceOperation['state']> = new Set(['pending', 'batched', 'accepted'])

function standing({ id, state, createdAt, answeredAt, finishedAt }: TraceOperation, when: When): string {
  const at = OPEN.has(state) ? createdAt : (answeredAt ?? finishedAt ?? createdAt)
  return `${id} (${state}${OPEN.has(state) ? ' since' : ''} ${when(at)})`
}

/** A disabled account that an employee left. */
export function leftInWords({ destination, objectId, leftAt }: LeftAccount, when: When): string {
  return `Entra object ${objectId ?? 'not known'} at ${destination}, disabled there and left at ${when(leftAt)}`
}

/** What an operation does, as one or two words; with several destinations it names its own. */
export function roleOf(
  { departs, destination, lane }: Pick<TraceOperation, 'departs' | 'destination' | 'lane'>,
  several: boolean,
): string {
  if (departs) return `leaves ${destination}`
  return several ? `${lane} at ${destination}` : lane
}
