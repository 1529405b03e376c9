import type { Ledger } from '../../core/ledger/ledger.ts'
import { ageOut } from './upkeep/age-out.ts'
import { recordAnswer } from './submit/answers.ts'
import { nextBatch, takeSlot } from './submit/batches.ts'
import { brakeStatus, releaseBrake } from './plan/brake.ts'
import { markCopied, currentDeadLetters, takeUncopied } from './dead-letters/copies.ts'
import { commitPlan } from './plan/commit.ts'
import { candidates } from './report/candidates.ts'
import { correlate, oldestUnanswered, watermark } from './report/correlate.ts'
import { cutMoments } from './upkeep/cut-moments.ts'
import { deadLetter, deadLetters, endDeadLetters, noteDiscarded } from './dead-letters/dead-letters.ts'
import { age, foundOlder, ledgerRestored } from './upkeep/ledger-age.ts'
import { releaseByFinding } from './findings/elsewhere.ts'
import { acknowledgeFinding, countFindings, findFinding, listFindings } from './findings/findings.ts'
import { expire, expireEscrowed, jobRestarted, overdue } from './report/expire.ts'
import { expireIncomplete, finalize } from './report/finalize.ts'
import { setHold } from './submit/holds.ts'
import { stateCounts, idle, submissionStatus, totals } from './inspect/counts.ts'
import { markPublished, takeUnpublished } from './report/outbox.ts'
import { claimNotices, finishReads } from './intake/notices.ts'
import { claimDueEmployees } from './plan/load.ts'
import { importBaseline, record } from './intake/record.ts'
import { erase, foldAway, retentionPage } from './upkeep/retention.ts'
import { openLeavers } from './leavers/read.ts'
import { resendRest } from './leavers/rest.ts'
import { acknowledgeLeavers, settleLeavers } from './leavers/settle.ts'
import { lease } from './submit/leases.ts'
import type { Driver, Sql } from './driver/sql.ts'
import { listAudit } from './inspect/audit.ts'
import { listEvents } from './inspect/events.ts'
import { writeTotals } from './tables/totals.ts'
import { trace } from './inspect/trace.ts'
import {
  endReplay,
  forgetEdits,
  freezeReplay,
  knownEvents,
  moveReplay,
  replayEntries,
  replayItems,
  replayRuns,
  resumeReplay,
  takenIn,
} from './dead-letters/replays.ts'
import { putBack } from './dead-letters/put-back.ts'
import { findEmployees, employeePage, viewsOf } from './inspect/views.ts'

/** The ledger over any driver. `instance` names the writer in the books; it is stable over restarts of one deployment slot. */
export function sqlLedger(driver: Driver, instance: string): Ledger {
  const within = <T>(work: (sql: Sql) => Promise<T>): Promise<T> =>
    driver.transaction(async (sql) => {
      const result = await work(sql)
      await writeTotals(sql)
      return result
    })
  const looking = <T>(work: (sql: Sql) => Promise<T>): Promise<T> => driver.transaction(work, 'read')
  return {
    recordMessages: (intake) => within((sql) => record(sql, instance, intake)),
    importBaseline: (rows) => within((sql) => importBaseline(sql, instance, rows)),
    claimNotices: (query) => within((sql) => claimNotices(sql, query)),
    finishNotices: (results, now) => within((sql) => finishReads(sql, instance, results, now)),
    takeLease: (query) => within((sql) => lease(sql, query)),
    claimDueEmployees: (query) => (query.claimMs ? within : looking)((sql) => claimDueEmployees(sql, query)),
    commitPlan: (decisions, brake, now) => within((sql) => commitPlan(sql, instance, decisions, brake, now)),
    readBrakeStatus: (settings, now) => looking((sql) => brakeStatus(sql, settings, now)),
    releaseBrake: (actor, reason, now) => within((sql) => releaseBrake(sql, actor, reason, now)),
    recordJobRestart: (startedAt, now) => within((sql) => jobRestarted(sql, instance, startedAt, now)),
    claimBatch: (query) => within((sql) => nextBatch(sql, query)),
    takeSlot: (batchId, query) => within((sql) => takeSlot(sql, instance, batchId, query)),
    setHold: (hold) => within((sql) => setHold(sql, hold)),
    recordBatchAnswer: (batchId, answer, now) => within((sql) => recordAnswer(sql, batchId, answer, now)),
    findCandidates: (records) => looking((sql) => candidates(sql, records)),
    recordLogRecords: (page) => within((sql) => correlate(sql, instance, page)),
    finalizeOperations: (now, limit) => within((sql) => finalize(sql, instance, now, limit)),
    findOverdueOperations: (acceptedBefore, limit) => looking((sql) => overdue(sql, acceptedBefore, limit)),
    expireEscrowedOperations: (before, now, limit) =>
      within((sql) => expireEscrowed(sql, before, now, limit)),
    expireOperations: (query) => within((sql) => expire(sql, instance, query)),
    expireIncompleteEvents: (before, now, limit) =>
      within((sql) => expireIncomplete(sql, instance, before, now, limit)),
    readWatermark: () => looking(watermark),
    readOldestUnanswered: () => looking(oldestUnanswered),
    listFindings: (query) => looking((sql) => listFindings(sql, query)),
    findFinding: (seq) => looking((sql) => findFinding(sql, seq)),
    countOpenFindings: () => looking(countFindings),
    acknowledgeFinding: (acknowledgement, now) =>
      within(async (sql) => {
        const done = await acknowledgeFinding(sql, acknowledgement, now)
        if (done) await releaseByFinding(sql, acknowledgement.seq, now)
        return done
      }),
    readAge: () => looking(age),
    markOlder: (mark, now) => within((sql) => foundOlder(sql, mark, now)),
    markRestored: (order, now) => within((sql) => ledgerRestored(sql, order, now)),
    cutMoments: (cut) => within((sql) => cutMoments(sql, cut)),
    listUnpublishedOutcomes: (limit) => looking((sql) => takeUnpublished(sql, limit)),
    markOutcomesPublished: (ids, now) => within((sql) => markPublished(sql, instance, ids, now)),
    readIdle: (now) => looking((sql) => idle(sql, now)),
    readTotals: () => looking(totals),
    readCounts: () =>
      looking(async (sql) => ({ totals: await totals(sql), stateCounts: await stateCounts(sql) })),
    readSubmissionStatus: (now) => looking((sql) => submissionStatus(sql, now)),
    listEvents: (query) => looking((sql) => listEvents(sql, query)),
    listAudit: (query) => looking((sql) => listAudit(sql, query)),
    readTrace: (reference) => looking((sql) => trace(sql, reference)),
    listRetention: (query) => looking((sql) => retentionPage(sql, query)),
    foldEvents: (cuts, settledBefore, now) =>
      within((sql) => foldAway(sql, instance, cuts, settledBefore, now)),
    removeAged: (query) => within((sql) => ageOut(sql, query)),
    eraseEmployee: async (erasure, now) => {
      const erased = await within((sql) => erase(sql, instance, erasure, now))
      return erased && { ...erased, filesClean: await driver.scrub() }
    },
    findEmployees: (reference) => looking((sql) => findEmployees(sql, reference)),
    listEmployees: (after, limit) => looking((sql) => employeePage(sql, after, limit)),
    listDeadLetters: (query) => looking((sql) => deadLetters(sql, query)),
    findDeadLetter: (seq) => looking((sql) => deadLetter(sql, seq)),
    recordDiscardedMessages: (entity, sequences, actor, reason, now) =>
      within((sql) => noteDiscarded(sql, entity, sequences, actor, reason, now)),
    endDeadLetters: (order, now) => within((sql) => endDeadLetters(sql, instance, order, now)),
    listUncopiedDeadLetters: (limit) => looking((sql) => takeUncopied(sql, limit)),
    markDeadLettersCopied: (ids, now) => within((sql) => markCopied(sql, ids, now)),
    findCurrentDeadLetters: (seqs) => looking((sql) => currentDeadLetters(sql, seqs)),
    findKnownEvents: (names) => looking((sql) => knownEvents(sql, names)),
    readEmployees: (ids) => looking((sql) => viewsOf(sql, ids)),
    freezeReplay: (order, now) => within((sql) => freezeReplay(sql, order, now)),
    listReplays: (query) => looking((sql) => replayRuns(sql, query)),
    listReplayEntries: (run, after, limit) => looking((sql) => replayEntries(sql, run, after, limit)),
    listReplayItems: (run, entity, stage, limit) =>
      looking((sql) => replayItems(sql, run, entity, stage, limit)),
    moveReplayItems: (run, entity, moves, now) => within((sql) => moveReplay(sql, run, entity, moves, now)),
    putBackDeadLetters: (run, parts, now) => within((sql) => putBack(sql, run, parts, now)),
    endReplay: (run, now) => within((sql) => endReplay(sql, run, now)),
    resumeReplay: (run, actor, reason, now) => within((sql) => resumeReplay(sql, run, actor, reason, now)),
    forgetReplayEdits: (before, now) => within((sql) => forgetEdits(sql, before, now)),
    findCopiesTakenIn: (messageIds) => looking((sql) => takenIn(sql, messageIds)),
    listOpenLeavers: (query) => looking((sql) => openLeavers(sql, query)),
    settleLeavers: (steps, now) => within((sql) => settleLeavers(sql, steps, now)),
    resendLeaverRest: (order, now) => within((sql) => resendRest(sql, order, now)),
    acknowledgeLeavers: (order, now) => within((sql) => acknowledgeLeavers(sql, order, now)),
    ping: () => within(ping),
    close: () => driver.close(),
  }
}

/** By a write: a ledger on a full or read-only disk answers every question and can still take no work. */
async function ping(sql: Sql): Promise<number | null> {
  const [row] = await sql.all<{ at: number | null }>(
    `INSERT INTO cursors (name, value) VALUES ('pings', 1) ON CONFLICT (name) DO UPDATE SET value = cursors.value + 1 RETURNING ${sql.dialect.clock} AS at`,
  )
  return row?.at ?? null
}
