import type {
  EmployeeTrace,
  TraceEmergencyCall,
  TraceEvent,
  TraceOperation,
} from '../ledger/port/views/trace.ts'

/** What happened to an employee, in the order in which it happened. */

/** An operation with the events that were folded into it, or an event that no operation carries. */
export interface Chapter {
  readonly events: readonly TraceEvent[]
  readonly operation: TraceOperation | null
  readonly steps: readonly Step[]
}

export interface Step {
  readonly at: number
  /** Time since the step before; `null` for the first. Never negative, because steps are sorted. */
  readonly waitedMs: number | null
  readonly what: Happening
}

export type Happening =
  | { readonly kind: 'received' | 'decided' | 'final'; readonly event: TraceEvent }
  | { readonly kind: 'planned' | 'answered'; readonly operation: TraceOperation }
  | { readonly kind: 'submitted' | 'accepted'; readonly batch: NonNullable<TraceOperation['batch']> }
  | { readonly kind: 'emergency'; readonly call: TraceEmergencyCall }
  | { readonly kind: 'logged'; readonly record: TraceOperation['records'][number] }

/** In the order of the flow, for steps at the same instant. */
const ORDER = [
  'received',
  'decided',
  'planned',
  'emergency',
  'submitted',
  'accepted',
  'logged',
  'answered',
  'final',
] as const

/** Oldest first. Pure. */
export function timelineOf({
  events,
  operations,
}: Pick<EmployeeTrace, 'events' | 'operations'>): readonly Chapter[] {
  const carried = new Set(operations.map(({ id }) => id))
  const alone = events.filter(({ operation }) => operation === null || !carried.has(operation))
  return [
    ...operations.map((operation) =>
      chapterOf(
        events.filter((event) => event.operation === operation.id),
        operation,
      ),
    ),
    ...alone.map((event) => chapterOf([event], null)),
  ].sort((one, other) => beginOf(one) - beginOf(other))
}

const beginOf = ({ steps }: Chapter): number => steps[0]?.at ?? 0

function chapterOf(events: readonly TraceEvent[], operation: TraceOperation | null): Chapter {
  const happenings: (readonly [at: number | null, what: Happening])[] = [
    ...events.map((event) => [event.receivedAt, { kind: 'received', event }] as const),
    ...(operation === null ? events.flatMap(endOf) : sendingOf(operation)),
  ]
  const sorted = happenings
    .flatMap(([at, what]) => (at === null ? [] : [{ at, what }]))
    .sort((one, other) => one.at - other.at || ORDER.indexOf(one.what.kind) - ORDER.indexOf(other.what.kind))
  const steps = sorted.map((step, index) => {
    const before = sorted[index - 1]
    return { ...step, waitedMs: before ? step.at - before.at : null }
  })
  return { events, operation, steps }
}

/** How an event ended that no operation carries. */
function endOf(event: TraceEvent): readonly (readonly [number | null, Happening])[] {
  return [
    [event.plannedAt === event.finishedAt ? null : event.plannedAt, { kind: 'decided', event }],
    [event.finishedAt, { kind: 'final', event }],
  ]
}

function sendingOf(operation: TraceOperation): readonly (readonly [number | null, Happening])[] {
  const { batch } = operation
  return [
    [operation.createdAt, { kind: 'planned', operation }],
    ...(batch
      ? ([
          [batch.submittedAt, { kind: 'submitted', batch }],
          [batch.acceptedAt, { kind: 'accepted', batch }],
        ] as const)
      : []),
    ...operation.emergencyCalls.map(
      (call) => [call.endedAt ?? call.begunAt, { kind: 'emergency', call }] as const,
    ),
    ...operation.records.map((record) => [record.activityAt, { kind: 'logged', record }] as const),
    [operation.answeredAt, { kind: 'answered', operation }],
  ]
}
