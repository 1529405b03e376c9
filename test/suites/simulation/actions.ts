import type { Chance } from '../../fakes/plain-event.ts'
import {
  CALL_FAULTS,
  type CallFault,
  FOREIGN_CHANGES,
  type ForeignChange,
  OPERATION_FAULTS,
  type OperationFault,
} from './outside/entra.ts'
import { COPY_FAULTS, type CopyFault } from './outside/copies.ts'
import { LOG_FAULTS, type LogFault } from './outside/log.ts'
import { type Export, exportOf, UNHEARD } from './outside/export.ts'
import { READ_FAULTS, type ReadFault } from './outside/hr.ts'
import {
  type Arrival,
  HOUR,
  MINUTE,
  noticesOf,
  sizeOf,
  storyAfterErasure,
  storyAfterExport,
  storyOf,
} from './story.ts'

/** What a person asks for without naming an employee. */
export type Asked =
  | 'replay'
  | 'patch'
  | 'discard'
  | 'archive'
  | 'resend'
  | 'release'
  | 'refuse'
  | 'acknowledge'
  | 'findings'
/** What lasts for a while. */
type Lasting =
  | 'bus away'
  | 'bus busy'
  | 'ledger away'
  | 'ledger full'
  | 'ledger read-only'
  | 'ledger slow'
  | 'log away'
  | 'job stopped'
  | 'job away'
  | 'job forbidden'

/**
 * One thing that happens to the connector from outside. A run is a list of them, which can be made
 * shorter.
 */
export type Action = { readonly at: number } & (
  | ({ readonly kind: 'arrival' } & Pick<Arrival, 'said' | 'meets' | 'breaksAccount'>)
  | { readonly kind: Lasting; readonly ms: number }
  | { readonly kind: 'commits unanswered'; readonly count: number }
  | { readonly kind: 'lock lost' | 'settlements lost' | 'outcomes fail' | 'job restarted' }
  | { readonly kind: 'call'; readonly fault: CallFault }
  | { readonly kind: 'operation'; readonly employee: string; readonly fault: OperationFault }
  | { readonly kind: 'account broken'; readonly employee: string; readonly ms: number }
  | { readonly kind: 'elsewhere'; readonly employee: string; readonly change: ForeignChange }
  | { readonly kind: 'log'; readonly fault: LogFault }
  | { readonly kind: 'killed' | 'link closed'; readonly instance: number }
  | { readonly kind: 'frozen'; readonly instance: number; readonly ms: number }
  | { readonly kind: 'clock'; readonly instance: number; readonly offsetMs: number }
  | { readonly kind: 'time jumps'; readonly ms: number }
  | { readonly kind: Asked }
  | { readonly kind: 'block' | 'unblock' | 'erase'; readonly employee: string }
  | ({ readonly kind: 'import'; readonly times: number } & Export)
  | { readonly kind: 'read'; readonly fault: ReadFault }
  | { readonly kind: 'copies'; readonly fault: CopyFault }
)
type Untimed = Action extends infer A ? (A extends Action ? Omit<A, 'at'> : never) : never

export const INSTANCES = 2

export function actionsOf(chance: Chance, from: number): readonly Action[] {
  const { below, oneIn } = chance
  const arrived = (arrival: Arrival): Action => ({ kind: 'arrival', ...arrival })
  const size = sizeOf(chance)
  const arrivals = storyOf(chance, from, size)
  const moment = (): number => from + below(size.spanMs + HOUR)
  const count = oneIn(5) ? 0 : below(size.mostOthers + 1)
  const others = Array.from({ length: count }, (): Action => ({
    at: moment(),
    ...disturbance(chance, chance.below(size.employees.length)),
  }))
  const later = others.flatMap((action) =>
    action.kind === 'erase' ? storyAfterErasure(chance, action.employee, action.at) : [],
  )
  const notices = oneIn(3) ? noticesOf(chance, from, size) : []
  const reads = notices.flatMap(({ at }): Action[] =>
    oneIn(2) ? [{ kind: 'read', at, fault: chance.pick(READ_FAULTS) }] : [],
  )
  const said = [...arrivals, ...later, ...notices].map((arrival) => arrival.said)
  const imports = Array.from({ length: oneIn(3) ? 1 + below(2) : 0 }, () => {
    const at = moment()
    return { kind: 'import' as const, at, times: 1 + below(2), ...exportOf(chance, said, from, at) }
  })
  const since = imports.flatMap(({ rows, asOf }) =>
    rows.some(({ employee }) => employee === UNHEARD) ? storyAfterExport(chance, UNHEARD, asOf) : [],
  )
  const copies = Array.from({ length: oneIn(3) ? 1 + below(4) : 0 }, (): Action => ({
    kind: 'copies',
    at: moment(),
    fault: chance.pick(COPY_FAULTS),
  }))
  const all = [...arrivals, ...later, ...notices, ...since].map(arrived)
  return [...all, ...others, ...reads, ...copies, ...imports].toSorted((a, b) => a.at - b.at)
}

function disturbance({ below, pick }: Chance, who: number): Untimed {
  const employee = `e${1 + who}`
  const instance = below(INSTANCES)
  const kinds: readonly [() => Untimed, ...(() => Untimed)[]] = [
    () => ({ kind: pick(['bus away', 'bus busy']), ms: MINUTE + below(10 * MINUTE) }),
    () => ({ kind: 'link closed', instance }),
    () => ({ kind: 'ledger away', ms: below(10 * MINUTE) }),
    () => ({ kind: pick(['ledger full', 'ledger read-only']), ms: MINUTE + below(HOUR) }),
    () => ({ kind: 'ledger slow', ms: below(10 * MINUTE) }),
    () => ({ kind: 'commits unanswered', count: 1 + below(3) }),
    () => ({ kind: 'log away', ms: below(HOUR) }),
    () => ({ kind: 'log', fault: pick(LOG_FAULTS) }),
    () => ({ kind: pick(['job stopped', 'job stopped', 'job away', 'job forbidden']), ms: below(HOUR) }),
    () => ({ kind: pick(['lock lost', 'settlements lost', 'outcomes fail', 'job restarted']) }),
    () => ({ kind: 'call', fault: pick(CALL_FAULTS) }),
    () => ({ kind: 'call', fault: pick(CALL_FAULTS) }),
    () => ({ kind: 'operation', employee, fault: pick(OPERATION_FAULTS) }),
    () => ({ kind: 'operation', employee, fault: pick(OPERATION_FAULTS) }),
    () => ({ kind: 'account broken', employee, ms: HOUR + below(3 * HOUR) }),
    () => ({ kind: 'elsewhere', employee, change: pick(FOREIGN_CHANGES) }),
    () => ({ kind: 'elsewhere', employee, change: pick(FOREIGN_CHANGES) }),
    () => ({ kind: 'killed', instance }),
    () => ({ kind: 'frozen', instance, ms: MINUTE + below(HOUR) }),
    () => ({ kind: 'clock', instance, offsetMs: below(2 * MINUTE) - MINUTE }),
    () => ({ kind: 'time jumps', ms: below(HOUR) }),
    () => ({ kind: pick(['replay', 'discard', 'archive', 'release', 'findings']) }),
    () => ({ kind: pick(['replay', 'patch', 'resend', 'release', 'refuse']) }),
    () => ({ kind: 'acknowledge' }),
    () => ({ kind: 'block', employee }),
    () => ({ kind: pick(['block', 'unblock']), employee }),
    () => ({ kind: 'erase', employee }),
  ]
  return pick(kinds)()
}

/** For a person who has to find out what went wrong. */
export function describeAction(action: Action, from: number): string {
  const { at, kind, ...more } = action
  const minutes = ((at - from) / MINUTE).toFixed(1).padStart(7)
  return `${minutes} min  ${kind} ${Object.keys(more).length > 0 ? JSON.stringify(more) : ''}`
}
