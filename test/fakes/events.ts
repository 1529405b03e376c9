import type { HrEvent } from '../../src/core/model.ts'
import type { LedgerEvent } from '../../src/core/ledger/event.ts'

/**
 * Noon of a day in 2026: `day(1)` is the first of January. Tests that need a moment count in days.
 */
export function day(number: number): number {
  return Date.UTC(2026, 0, number, 12)
}

/** An event with nothing special about it. Recorded when it takes effect, unless told otherwise. */
export function hrEvent(id: string, more: Partial<HrEvent> = {}): HrEvent {
  const effectiveAt = more.effectiveAt ?? day(1)
  return {
    source: '/hr/acme',
    id,
    type: 'worker.updated',
    employeeId: '10001',
    recordedAt: effectiveAt,
    effectiveAt,
    effectiveRaw: null,
    order: null,
    rank: 0,
    mode: 'delta',
    worker: {},
    rescinds: null,
    traceparent: null,
    ...more,
  }
}

/** The same, as the ledger holds it. */
export function ledgerEvent(seq: number, more: Partial<LedgerEvent> = {}): LedgerEvent {
  return { ...hrEvent(`e-${seq}`, more), seq, dead: false, ...more }
}
