import type { Ledger } from '../ledger/ledger.ts'

/** What the loops of one destination ask of the ledger. */
export type DestinationLedger = Pick<
  Ledger,
  | 'claimBatch'
  | 'takeSlot'
  | 'recordBatchAnswer'
  | 'setHold'
  | 'extendHold'
  | 'recordJobReport'
  | 'recordJobRestart'
  | 'findCandidates'
  | 'recordLogRecords'
  | 'readOrigins'
  | 'finalizeOperations'
  | 'findOverdueOperations'
  | 'findLinkedEmployee'
  | 'expireOperations'
  | 'expireEscrowedOperations'
  | 'readWatermark'
  | 'readOldestUnanswered'
  | 'readEmergencyStatus'
  | 'listEmergencyCandidates'
  | 'beginEmergencyCall'
  | 'endEmergencyCall'
  | 'markEmergencyWaits'
  | 'beginDirectWrite'
  | 'endDirectWrite'
>

/** The ledger as the loops of this destination see it. */
export function ledgerOf(
  ledger: DestinationLedger,
  { name, quota }: { readonly name: string; readonly quota: string },
): DestinationLedger {
  return {
    ...ledger,
    claimBatch: (query) => ledger.claimBatch(query, name),
    setHold: (hold) => ledger.setHold(hold, name),
    extendHold: (hold, until, now) => ledger.extendHold(hold, until, now, name),
    recordJobReport: (seen) => ledger.recordJobReport(seen, name),
    recordJobRestart: (startedAt, now) => ledger.recordJobRestart(startedAt, now, name),
    findCandidates: (records) => ledger.findCandidates(records, name),
    recordLogRecords: (page) => ledger.recordLogRecords(page, name),
    findOverdueOperations: (before, limit) => ledger.findOverdueOperations(before, limit, name),
    findLinkedEmployee: (other) => ledger.findLinkedEmployee(other, name),
    readWatermark: () => ledger.readWatermark(name),
    readOldestUnanswered: () => ledger.readOldestUnanswered(name),
    readEmergencyStatus: (now) => ledger.readEmergencyStatus(now, name, quota),
    listEmergencyCandidates: (query) => ledger.listEmergencyCandidates(query, name),
    markEmergencyWaits: (waits) => ledger.markEmergencyWaits(waits, name),
    beginDirectWrite: (order, now) => ledger.beginDirectWrite(order, now, name),
    endDirectWrite: (end, now) => ledger.endDirectWrite(end, now, name),
  }
}
