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
  'rollcall.correlate': { kind: 'client', covers: 'one poll of the log, with what it answers' },
  'rollcall.publish': { kind: 'producer', covers: 'one round of outcomes' },
} as const satisfies Readonly<Record<string, SpanKindOf>>

export type SpanName = keyof typeof SPANS
