import type { Instrument } from './instrument.ts'

/** What is read when metrics are collected. */
export const READ = {
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
  'rollcall.stage.depth': {
    kind: 'gauge',
    unit: '{item}',
    attributes: ['stage'],
    description:
      'what is in a stage: `received` events, employees that are `due`, operations `waiting`, `accepted` and `answered`, `unpublished` outcomes',
  },
  'rollcall.stage.oldest_age_seconds': {
    kind: 'gauge',
    unit: 's',
    attributes: ['stage'],
    description: 'how long the oldest of it has been in the stage; absent when the stage is empty',
  },
  'rollcall.operations.unanswered': {
    kind: 'gauge',
    unit: '{operation}',
    attributes: [],
    description: 'operations that were sent and are not answered in the provisioning log',
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
    description: 'dead letters that are not archived, by code; `store` is `ledger` or `bus`',
  },
  'rollcall.bus.dead_letters_capped': {
    kind: 'gauge',
    unit: '1',
    attributes: [],
    description:
      'whether the count of dead letters on the bus stopped at its limit, so that there are more: 1 or 0',
  },
  'rollcall.brake.held': {
    kind: 'gauge',
    unit: '{employee}',
    attributes: [],
    description: 'employees whose deactivation the brake holds',
  },
  'rollcall.brake.window': {
    kind: 'gauge',
    unit: '{employee}',
    attributes: [],
    description: 'deactivations that count in `BRAKE_WINDOW_MS`',
  },
  'rollcall.brake.limit': {
    kind: 'gauge',
    unit: '{employee}',
    attributes: [],
    description: 'the most deactivations in the window that the brake lets through; absent when unlimited',
  },
  'rollcall.quota.used': {
    kind: 'gauge',
    unit: '{call}',
    attributes: ['destination'],
    description: 'calls in the last 24 hours; `destination` only where there are several',
  },
  'rollcall.quota.limit': {
    kind: 'gauge',
    unit: '{call}',
    attributes: ['destination'],
    description: '`CALLS_PER_DAY`; absent when unlimited',
  },
  'rollcall.quota.next_call_seconds': {
    kind: 'gauge',
    unit: 's',
    attributes: ['destination'],
    description: 'how long until the next call may be made; 0: at once',
  },
  'rollcall.job.running': {
    kind: 'gauge',
    unit: '1',
    attributes: ['destination'],
    description: 'whether the provisioning job runs: 1 or 0; absent when that is unknown',
  },
  'rollcall.job.failures': {
    kind: 'gauge',
    unit: '{operation}',
    attributes: ['limit', 'destination'],
    description:
      'failed operations that the job retries, as each limit of quarantine counts them: `share`, `failures`, `with-references`',
  },
  'rollcall.job.failures_limit': {
    kind: 'gauge',
    unit: '{operation}',
    attributes: ['limit', 'destination'],
    description: 'how many of them put the job into quarantine',
  },
  'rollcall.ledger.hold_since_seconds': {
    kind: 'gauge',
    unit: 's',
    attributes: ['hold', 'destination'],
    description: 'since when a hold stops submission; absent without one',
  },
  'rollcall.log.lag_seconds': {
    kind: 'gauge',
    unit: 's',
    attributes: ['destination'],
    description: 'how far behind the present the provisioning log was read; absent before the first page',
  },
  'rollcall.instances': {
    kind: 'gauge',
    unit: '{instance}',
    attributes: ['state'],
    description: 'instances of the connector: `running`, and `lost` without an orderly end',
  },
  'rollcall.alert': {
    kind: 'gauge',
    unit: '1',
    attributes: ['code'],
    description: 'whether an alert with this code is open: 1 or 0',
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

/** A line of the books: a running total of the ledger, the same on every instance. */
function total<D extends string>(unit: string, description: D) {
  return { kind: 'total', unit, attributes: [], description } as const
}
