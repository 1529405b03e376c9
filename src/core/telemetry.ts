/**
 * Every span and every instrument: the telemetry that is sent, the metrics that are scraped and the
 * page docs/reference/telemetry.md are made from these tables.
 */

interface SpanKindOf {
  readonly kind: 'internal' | 'client' | 'producer' | 'consumer'
  /** What one span covers. */
  readonly covers: string
}

export const SPANS = {
  'rollcall.intake': { kind: 'consumer', covers: 'one commit of messages to the ledger' },
  'rollcall.hydrate': { kind: 'client', covers: 'one read of an employee from the HR system' },
  'rollcall.plan': { kind: 'internal', covers: 'one round of employees' },
  'rollcall.submit': { kind: 'client', covers: 'one batch, with its retries' },
  'rollcall.correlate': { kind: 'client', covers: 'one poll of the log' },
  'rollcall.publish': { kind: 'producer', covers: 'one round of outcomes' },
} as const satisfies Readonly<Record<string, SpanKindOf>>

export type SpanName = keyof typeof SPANS

/**
 * - `counter`: counted by this process, from its start
 * - `total`: read from elsewhere when metrics are collected; it only grows
 * - `gauge`: read when metrics are collected; absent where there is nothing to read
 */
export type InstrumentKind = 'counter' | 'total' | 'gauge'

export interface Instrument {
  readonly kind: InstrumentKind
  /** In the notation of UCUM (https://opentelemetry.io/docs/specs/semconv/general/metrics/). */
  readonly unit: string
  readonly attributes: readonly string[]
  readonly description: string
}

/**
 * By the name in OpenTelemetry. `prometheusName` says what the same instrument is called in a
 * scrape. Every attribute has few values: an employee, an event or a value is never one.
 */
export const INSTRUMENTS = {
  'rollcall.events': {
    kind: 'counter',
    unit: '{event}',
    attributes: ['outcome'],
    description: '`received`, `duplicate`, `replay`, and the final outcome when it is published',
  },
  'rollcall.notices': {
    kind: 'counter',
    unit: '{notice}',
    attributes: ['outcome'],
    description: 'reads of notices: `read`, `again`, `failed`',
  },
  'rollcall.messages': {
    kind: 'counter',
    unit: '{message}',
    attributes: ['outcome'],
    description: '`rejected` messages',
  },
  'rollcall.attributes.unmapped': {
    kind: 'counter',
    unit: '{attribute}',
    attributes: ['source'],
    description: 'attributes of events that no mapping takes, by configured source',
  },
  'rollcall.operations': {
    kind: 'counter',
    unit: '{operation}',
    attributes: ['state'],
    description: '`planned` operations',
  },
  'rollcall.bulk_upload.requests': {
    kind: 'counter',
    unit: '{request}',
    attributes: ['status'],
    description: 'HTTP attempts by status or network code',
  },
  'rollcall.log.foreign': {
    kind: 'counter',
    unit: '{record}',
    attributes: [],
    description: 'log records of changes that others made',
  },
  'rollcall.log.unreadable': {
    kind: 'counter',
    unit: '{record}',
    attributes: [],
    description: 'log records without an id, an employee or a time',
  },
  'rollcall.retention.folded': {
    kind: 'counter',
    unit: '{event}',
    attributes: [],
    description: 'events folded away',
  },
  'rollcall.retention.aged': {
    kind: 'counter',
    unit: '{row}',
    attributes: [],
    description: 'other rows removed because of their age',
  },
  'rollcall.ready': {
    kind: 'gauge',
    unit: '1',
    attributes: [],
    description: 'whether `/readyz` says yes: 1 or 0',
  },
  'rollcall.check': {
    kind: 'gauge',
    unit: '1',
    attributes: ['check'],
    description: 'each check of `/readyz`: 1 or 0',
  },
  'rollcall.ledger.messages': total('{message}', 'messages taken in'),
  'rollcall.ledger.decoded': total('{message}', 'messages read as events'),
  'rollcall.ledger.rejected': total('{message}', 'messages rejected'),
  'rollcall.ledger.redelivered': total('{message}', 'messages delivered again after they were taken in'),
  'rollcall.ledger.events': total('{event}', 'events first seen'),
  'rollcall.ledger.duplicates': total('{event}', 'events that came again'),
  'rollcall.ledger.collisions': total('{event}', 'events with the id of another event'),
  'rollcall.ledger.finished': total('{outcome}', 'outcomes decided'),
  'rollcall.ledger.operations': total('{operation}', 'operations planned'),
  'rollcall.ledger.calls': total('{call}', 'calls to the service'),
  'rollcall.ledger.published': total('{outcome}', 'outcomes published'),
  'rollcall.ledger.unmatched': total('{record}', 'log records of changes that others made'),
  'rollcall.ledger.imported': total('{event}', 'rows of baseline files'),
  'rollcall.ledger.folded': total('{event}', 'events folded away'),
  'rollcall.ledger.erased': total('{event}', 'events erased with their employee'),
  'rollcall.ledger.dropped': total('{operation}', 'operations removed by retention or an erasure'),
  'rollcall.ledger.withheld': total('{outcome}', 'outcomes erased before they were published'),
  'rollcall.ledger.replays': total('{event}', 'events put back by replays'),
  'rollcall.ledger.operations_pending': {
    kind: 'gauge',
    unit: '{operation}',
    attributes: [],
    description: 'operations that wait to be sent',
  },
  'rollcall.ledger.employees_unplanned': {
    kind: 'gauge',
    unit: '{employee}',
    attributes: [],
    description: 'employees with events still to be planned',
  },
  'rollcall.ledger.employees_not_accepted': {
    kind: 'gauge',
    unit: '{employee}',
    attributes: [],
    description: 'employees whose record failed for good without an event',
  },
  'rollcall.ledger.findings_open': {
    kind: 'gauge',
    unit: '{finding}',
    attributes: ['code'],
    description: 'open findings by code',
  },
  'rollcall.ledger.leavers_open': {
    kind: 'gauge',
    unit: '{case}',
    attributes: ['cause'],
    description: 'open leaver cases by cause',
  },
  'rollcall.ledger.leavers_oldest_seconds': {
    kind: 'gauge',
    unit: 's',
    attributes: [],
    description: 'since when the oldest open leaver case is open; absent without one',
  },
  'rollcall.ledger.blocks': {
    kind: 'gauge',
    unit: '{employee}',
    attributes: [],
    description: 'employees that a block keeps disabled',
  },
  'rollcall.ledger.dead_letters': {
    kind: 'gauge',
    unit: '{event}',
    attributes: ['store', 'code'],
    description: 'dead letters that are not archived, by code; `store` is `ledger`',
  },
  'rollcall.ledger.calls_24h': {
    kind: 'gauge',
    unit: '{call}',
    attributes: [],
    description: 'calls in the last 24 hours',
  },
  'rollcall.ledger.hold_since_seconds': {
    kind: 'gauge',
    unit: 's',
    attributes: ['hold'],
    description: 'since when a hold stops submission; absent without one',
  },
  'rollcall.ledger.log_read_until_seconds': {
    kind: 'gauge',
    unit: 's',
    attributes: [],
    description: 'how far the provisioning log was read',
  },
  'rollcall.calls_per_day_limit': {
    kind: 'gauge',
    unit: '{call}',
    attributes: [],
    description: '`CALLS_PER_DAY`',
  },
  'rollcall.event_loop_lag_p99_seconds': {
    kind: 'gauge',
    unit: 's',
    attributes: [],
    description: 'delay of the event loop since the last collection, 99th percentile',
  },
  'process.resident_memory_bytes': {
    kind: 'gauge',
    unit: 'By',
    attributes: [],
    description: 'resident memory',
  },
  'process.cpu_seconds': { kind: 'total', unit: 's', attributes: [], description: 'CPU time' },
  'process.start_time_seconds': {
    kind: 'gauge',
    unit: 's',
    attributes: [],
    description: 'when the process started',
  },
} as const satisfies Readonly<Record<string, Instrument>>

export type InstrumentName = keyof typeof INSTRUMENTS
export type CounterName = {
  [N in InstrumentName]: (typeof INSTRUMENTS)[N]['kind'] extends 'counter' ? N : never
}[InstrumentName]
/** What is read, rather than counted. */
export type ObservedName = Exclude<InstrumentName, CounterName>

export type AttributesOf<N extends InstrumentName> = Readonly<
  Partial<Record<(typeof INSTRUMENTS)[N]['attributes'][number], string>>
>

/** One value of an instrument that is read; instants are in epoch seconds. */
export type Measurement = {
  [N in ObservedName]: {
    readonly name: N
    readonly value: number
    readonly attributes?: AttributesOf<N>
  }
}[ObservedName]

/** The name in a scrape: underscores for dots, and `_total` at the end of what only grows. */
export function prometheusName(name: InstrumentName): string {
  const plain = name.replaceAll('.', '_')
  return INSTRUMENTS[name].kind === 'gauge' ? plain : `${plain}_total`
}

/** A line of the books: a running total of the ledger, the same on every instance. */
function total<D extends string>(unit: string, description: D) {
  return { kind: 'total', unit, attributes: [], description } as const
}
