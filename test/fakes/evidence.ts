import { type EvidenceLedger, type EvidenceRow, rowsIn, SECTIONS } from '../../src/core/evidence/rows.ts'
import type { PastEmergencyCall } from '../../src/core/emergency/ledger.ts'
import type { AuditEntry } from '../../src/core/ledger/port/inspect.ts'
import type { PastMove } from '../../src/core/ledger/port/views/moves.ts'
import type { PastLeaver } from '../../src/core/ledger/port/leavers.ts'
import { day } from './events.ts'

export const PERIOD = { from: day(1), to: day(10) }

/** A ledger with these cases, entries, calls and moves, a page of two at a time. */
export function ledgerWith(
  leavers: readonly PastLeaver[],
  entries: readonly AuditEntry[] = [],
  calls: readonly PastEmergencyCall[] = [],
  moves: readonly PastMove[] = [],
): EvidenceLedger {
  const page = <T>(rows: readonly T[], next: number | null) => {
    const from = next ?? 0
    return { rows: rows.slice(from, from + 2), next: from + 2 < rows.length ? from + 2 : null }
  }
  return {
    listLeaversIn: async (query) => {
      const { rows, next } = page(leavers, query.next)
      return { leavers: rows, next }
    },
    listEmergencyCallsIn: async (query) => {
      const { rows, next } = page(calls, query.next)
      return { calls: rows, next }
    },
    listMovesIn: async (query) => {
      const { rows, next } = page(moves, query.next)
      return { moves: rows, next }
    },
    listAudit: async (query) => {
      const { rows, next } = page(entries, query.next)
      return { entries: rows, next }
    },
  }
}

export const pastLeaver = (id: number, ended: PastLeaver['ended']): PastLeaver => ({
  id,
  employeeId: `p${id}`,
  destination: 'south',
  event: { source: '/hr', id: `out-${id}` },
  effectiveAt: day(2),
  recordedAt: day(2),
  receivedAt: day(2),
  openedAt: day(2),
  ended,
})
export const emergencyCall = (id: number, more: Partial<PastEmergencyCall> = {}): PastEmergencyCall => ({
  id,
  employeeId: `p${id}`,
  operation: `op-${id}`,
  reason: 'full',
  begunAt: day(3),
  ended: { at: day(3) + 200, result: 'disabled', status: 204 },
  microUsd: 2_000,
  job: { state: 'confirmed', finishedAt: day(4) },
  ...more,
})
export const callsOf = (...calls: readonly PastEmergencyCall[]): EvidenceLedger => ledgerWith([], [], calls)
type Departure = PastMove['departure']['state']
export const pastMove = (
  id: number,
  state: Departure,
  endedAt: number | null,
  arrivedAt?: number,
): PastMove => ({
  id,
  employeeId: `p${id}`,
  from: 'north',
  plannedAt: day(2),
  event: { source: '/hr', id: `move-${id}`, effectiveAt: day(1), receivedAt: day(2) },
  departure: { operation: `op-${id}`, state, endedAt },
  arrival:
    arrivedAt === undefined
      ? null
      : { operation: `op-${id + 100}`, destination: 'south', endedAt: arrivedAt },
})
export const movesOf = (...moves: readonly PastMove[]): EvidenceLedger => ledgerWith([], [], [], moves)
export const proven = (at: number): PastLeaver['ended'] => ({
  as: 'proven',
  at,
  byEmergency: false,
  acknowledged: null,
})
export const acknowledged = { by: 'ann', justification: 'ticket 7' }
export const entry = (about: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  at: day(3),
  actor: 'ann',
  action: 'block',
  about,
  count: 1,
  justification: 'ticket 7',
  ...more,
})

export async function rowsOfAll(ledger: EvidenceLedger): Promise<readonly EvidenceRow[]> {
  const rows: EvidenceRow[] = []
  for (const section of SECTIONS) for await (const row of rowsIn(ledger, section, PERIOD)) rows.push(row)
  return rows
}
