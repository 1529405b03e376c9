import type { DirectLedger } from '../direct/ledger.ts'
import type { EmergencyLedger } from '../emergency/ledger.ts'
import type { SubmitLedger } from '../ledger/port/submit.ts'
import type { CorrelateParts } from '../report/correlate/loop.ts'

/** What the loops of one destination ask of the ledger. */
export type DestinationLedger = SubmitLedger & CorrelateParts['ledger'] & EmergencyLedger & DirectLedger

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
    readSubmissionStatus: (now) => ledger.readSubmissionStatus(now, name, quota),
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
    readDirectSpending: (now) => ledger.readDirectSpending(now, name),
  }
}
