import { DEFAULT_DESTINATION, DEFAULT_QUOTA } from '../../../core/destinations/destination.ts'
import type { IntakeLedger } from '../../../core/ledger/port/intake.ts'
import type { PlanLedger } from '../../../core/ledger/port/plan.ts'
import type { SubmitLedger } from '../../../core/ledger/port/submit.ts'
import type { ReportLedger } from '../../../core/ledger/port/report.ts'
import { isFinal } from '../../../core/ledger/lifecycle.ts'
import type { Decision } from '../../../core/ledger/decision.ts'
import { recordAnswer } from '../submit/answers.ts'
import { nextBatch, takeSlot } from '../submit/claim-batch.ts'
import { brakeStatus, listBraked } from '../plan/brake.ts'
import { refuseBrake, releaseBrake } from '../plan/brake-decisions.ts'
import { countOutsidePilot, replanForPilot } from '../plan/pilot.ts'
import { orderSending } from '../plan/send-orders.ts'
import { commitPlan } from '../plan/commit.ts'
import { candidates } from '../report/candidates.ts'
import { correlate, oldestUnanswered } from '../report/correlate.ts'
import { watermark } from '../report/watermark.ts'
import { expire, expireEscrowed, jobRestarted, linkedEmployee, overdue } from '../report/expire.ts'
import { expireIncomplete, finalize } from '../report/finalize.ts'
import { extendHold, setHold } from '../submit/holds.ts'
import { recordJobReport } from '../submit/job-report.ts'
import { submissionStatus } from '../inspect/counts.ts'
import { markPublished, takeUnpublished } from '../report/outbox.ts'
import { recordNaming, unnamedAccounts } from '../report/unnamed-accounts.ts'
import { claimNotices, finishReads } from '../intake/notices.ts'
import { claimDueEmployees } from '../plan/load.ts'
import { nextDue } from '../plan/next-due.ts'
import { importBaseline, record } from '../intake/record.ts'
import { seqOf } from '../tables/ids.ts'
import { originsOf } from '../tables/origins.ts'
import type { Transactions } from './transactions.ts'

/** The methods of the ledger that the flow calls: intake, planning, submission, the log. */

export function intakeMethods({ write, instance }: Transactions): IntakeLedger {
  return {
    recordMessages: (intake) => write((sql) => record(sql, instance, intake)),
    importBaseline: (rows) => write((sql) => importBaseline(sql, instance, rows)),
    claimNotices: (query) => write((sql) => claimNotices(sql, query)),
    finishNotices: (results, now) => write((sql) => finishReads(sql, instance, results, now)),
  }
}

export function planMethods({ write, deferred, read, instance }: Transactions): PlanLedger {
  return {
    claimDueEmployees: (query) => (query.claimMs ? deferred : read)((sql) => claimDueEmployees(sql, query)),
    readNextDue: (query) => read((sql) => nextDue(sql, query)),
    // What is sent and published follows from a slot and from final events.
    commitPlan: (decisions, brake, now) =>
      (decisions.some(endsEvents) ? write : deferred)((sql) =>
        commitPlan(sql, instance, decisions, brake, now),
      ),
    replanForPilot: (query) => write((sql) => replanForPilot(sql, query)),
    countOutsidePilot: () => read(countOutsidePilot),
    readBrakeStatus: (settings, now) => read((sql) => brakeStatus(sql, settings, now)),
    listBraked: (query) => read((sql) => listBraked(sql, query)),
    releaseBrake: (order, now) => write((sql) => releaseBrake(sql, order, now)),
    refuseBrake: (order, now) => write((sql) => refuseBrake(sql, order, now)),
    orderSending: (order, now) => write((sql) => orderSending(sql, order, now)),
  }
}

const endsEvents = (decision: Decision): boolean =>
  decision.kind === 'decided' && decision.events.some(({ state }) => isFinal(state))

export function submitMethods({ write, deferred, read, instance }: Transactions): SubmitLedger {
  return {
    // Nothing is sent before its slot is taken.
    claimBatch: (query, at = DEFAULT_DESTINATION) => deferred((sql) => nextBatch(sql, at, query)),
    takeSlot: (batchId, query) => write((sql) => takeSlot(sql, instance, batchId, query)),
    recordBatchAnswer: (batchId, answer, now) => write((sql) => recordAnswer(sql, batchId, answer, now)),
    setHold: (hold, at = DEFAULT_DESTINATION) => write((sql) => setHold(sql, at, hold)),
    extendHold: (name, until, now, at = DEFAULT_DESTINATION) =>
      write((sql) => extendHold(sql, at, name, { until, now })),
    recordJobReport: (seen, at = DEFAULT_DESTINATION) => write((sql) => recordJobReport(sql, at, seen)),
    recordJobRestart: (startedAt, now, destination = DEFAULT_DESTINATION) =>
      write((sql) => jobRestarted(sql, { instance, destination }, startedAt, now)),
    readSubmissionStatus: (now, at = DEFAULT_DESTINATION, quota = DEFAULT_QUOTA) =>
      read((sql) => submissionStatus(sql, { destination: at, quota }, now)),
  }
}

export function reportMethods({ write, deferred, read, instance }: Transactions): ReportLedger {
  return {
    findCandidates: (records, at = DEFAULT_DESTINATION) => read((sql) => candidates(sql, at, records)),
    // Without a record only the watermark moves, and the same is read again after a power cut.
    recordLogRecords: (page, destination = DEFAULT_DESTINATION) =>
      (page.joins.length === 0 ? deferred : write)((sql) => correlate(sql, { instance, destination }, page)),
    readOrigins: (operations) =>
      read(async (sql) => [...(await originsOf(sql, operations.map(seqOf))).values()].flat()),
    finalizeOperations: (now, limit) => write((sql) => finalize(sql, instance, now, limit)),
    findOverdueOperations: (acceptedBefore, limit, at = DEFAULT_DESTINATION) =>
      read((sql) => overdue(sql, at, acceptedBefore, limit)),
    findLinkedEmployee: (other, at = DEFAULT_DESTINATION) => read((sql) => linkedEmployee(sql, at, other)),
    expireOperations: (query) => write((sql) => expire(sql, instance, query)),
    expireEscrowedOperations: (before, now, limit) => write((sql) => expireEscrowed(sql, before, now, limit)),
    expireIncompleteEvents: (before, now, limit) =>
      write((sql) => expireIncomplete(sql, instance, before, now, limit)),
    readWatermark: (at = DEFAULT_DESTINATION) => read((sql) => watermark(sql, at)),
    readOldestUnanswered: (at = DEFAULT_DESTINATION) => read((sql) => oldestUnanswered(sql, at)),
    listUnpublishedOutcomes: (limit) => read((sql) => takeUnpublished(sql, limit)),
    markOutcomesPublished: (ids, now, naming) =>
      write(async (sql) => {
        await markPublished(sql, instance, ids, now)
        if (naming) await recordNaming(sql, naming)
      }),
    listUnnamedAccounts: (now, limit) => read((sql) => unnamedAccounts(sql, now, limit)),
    recordNaming: (naming) => write((sql) => recordNaming(sql, naming)),
  }
}
