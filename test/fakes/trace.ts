import type { TraceEvent, TraceOperation } from '../../src/core/ledger/port/views/trace.ts'

/** An event of a trace, without a state of interest. */
export const traceEvent = (id: string, receivedAt: number, more: Partial<TraceEvent> = {}): TraceEvent => ({
  source: '/hr',
  id,
  type: 'worker.updated',
  state: 'confirmed',
  reason: null,
  detail: null,
  by: null,
  operation: null,
  recordedAt: 0,
  effectiveAt: 0,
  receivedAt,
  plannedAt: null,
  finishedAt: null,
  publishedAt: null,
  ...more,
})
/** An operation of a trace that is confirmed, at the default destination. */
export const traceOperation = (
  id: string,
  createdAt: number,
  more: Partial<TraceOperation> = {},
): TraceOperation => ({
  id,
  state: 'confirmed',
  destination: 'default',
  departs: false,
  movedBy: null,
  lane: 'mover',
  createdAt,
  record: '{}',
  before: null,
  code: null,
  reason: null,
  batch: null,
  records: [],
  emergencyCalls: [],
  answeredAt: null,
  finishedAt: null,
  ...more,
})
