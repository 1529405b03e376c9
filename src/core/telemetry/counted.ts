import type { Instrument } from './instrument.ts'

/** From a second to four weeks: a cycle of the service takes 20 to 40 minutes. */
const DURATION_BUCKETS = [
  1, 5, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 2_700, 3_600, 7_200, 14_400, 28_800, 86_400, 259_200,
  604_800, 2_419_200,
]

/** What this process counts itself. */
export const COUNTED = {
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
  'rollcall.emergency.requests': {
    kind: 'counter',
    unit: '{request}',
    attributes: ['status'],
    description: 'calls of the emergency lane by status or network code',
  },
  'rollcall.emergency.cost_usd': {
    kind: 'counter',
    unit: '[USD]',
    attributes: [],
    description: 'what the calls of the emergency lane cost, at the configured price',
  },
  'rollcall.direct.requests': {
    kind: 'counter',
    unit: '{request}',
    attributes: ['status'],
    description: 'calls of direct destinations by status or network code',
  },
  'rollcall.direct.cost_usd': {
    kind: 'counter',
    unit: '[USD]',
    attributes: [],
    description: 'what the calls of direct destinations cost, at the configured price',
  },
  'rollcall.outcome.duration_seconds': {
    kind: 'histogram',
    unit: 's',
    attributes: ['outcome'],
    buckets: DURATION_BUCKETS,
    description:
      'from an event to its first outcome: since it was received, or since it took effect if that was later',
  },
  'rollcall.leaver.proof_duration_seconds': {
    kind: 'histogram',
    unit: 's',
    attributes: [],
    buckets: DURATION_BUCKETS,
    description:
      'from a termination to the proof that the account is disabled: since its event was received, or since it took effect if that was later',
  },
  'rollcall.batch.operations': {
    kind: 'histogram',
    unit: '{operation}',
    attributes: [],
    buckets: [1, 2, 5, 10, 20, 30, 40, 50],
    description: 'operations in a call',
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
} as const satisfies Readonly<Record<string, Instrument>>
