import type { Ledger } from '../../core/ledger/ledger.ts'
import type { IntakeLedger } from '../../core/ledger/port/intake.ts'
import type { PlanLedger } from '../../core/ledger/port/plan.ts'
import type { SubmitLedger } from '../../core/ledger/port/submit.ts'
import type { ReportLedger } from '../../core/ledger/port/report.ts'
import type { AlertLedger } from '../../core/ledger/port/alerts.ts'
import type { AccessLedger } from '../../core/ledger/port/access.ts'
import type { BlockLedger } from '../../core/ledger/port/blocks.ts'
import type { DeadLetterLedger } from '../../core/ledger/port/dead-letters.ts'
import type { ReplayLedger } from '../../core/ledger/port/replays.ts'
import type { LeaverLedger } from '../../core/ledger/port/leavers.ts'
import type { FigureLedger } from '../../core/ledger/port/figures.ts'
import type { FindingLedger } from '../../core/ledger/port/findings.ts'
import type { HeldLedger } from '../../core/ledger/port/views/held.ts'
import type { InspectLedger } from '../../core/ledger/port/inspect.ts'
import type { InstanceLedger } from '../../core/ledger/port/instances.ts'
import type { UpkeepLedger } from '../../core/ledger/port/upkeep.ts'
import { readBook, saveLook } from './alerts/book.ts'
import { alertEmployees } from './alerts/employees.ts'
import { claimNotification, recordDelivery } from './alerts/outbox.ts'
import { ageOut } from './upkeep/age-out.ts'
import { blockEmployees, listBlocks, unblockEmployee } from './blocks/commands.ts'
import { recordAnswer } from './submit/answers.ts'
import { nextBatch, takeSlot } from './submit/claim-batch.ts'
import { brakeStatus, listBraked } from './plan/brake.ts'
import { refuseBrake, releaseBrake } from './plan/brake-decisions.ts'
import { countOutsidePilot, replanForPilot } from './plan/pilot.ts'
import { markCopied, currentDeadLetters, takeUncopied } from './dead-letters/copies.ts'
import { commitPlan } from './plan/commit.ts'
import { candidates } from './report/candidates.ts'
import { correlate, oldestUnanswered, watermark } from './report/correlate.ts'
import { cutMoments } from './upkeep/cut-moments.ts'
import { deadLetter, deadLetters, endDeadLetters, noteDiscarded } from './dead-letters/dead-letters.ts'
import { age, foundOlder, ledgerRestored } from './upkeep/ledger-age.ts'
import { releaseByFinding } from './findings/elsewhere.ts'
import { acknowledgeFinding, findFinding, listFindings } from './findings/findings.ts'
import { expire, expireEscrowed, jobRestarted, overdue } from './report/expire.ts'
import { expireIncomplete, finalize } from './report/finalize.ts'
import { recordBusDeadLetters } from './dead-letters/bus-count.ts'
import { setHold } from './submit/holds.ts'
import { announceInstance, endInstance, listInstances } from './instances/instances.ts'
import { stateCounts, idle, submissionStatus, totals } from './inspect/counts.ts'
import { figures } from './inspect/figures.ts'
import { countHeld, listHeld } from './inspect/held.ts'
import { markPublished, takeUnpublished } from './report/outbox.ts'
import { claimNotices, finishReads } from './intake/notices.ts'
import { claimDueEmployees } from './plan/load.ts'
import { importBaseline, record } from './intake/record.ts'
import { erase, foldAway, retentionPage } from './upkeep/retention.ts'
import { endedLeavers } from './leavers/ended.ts'
import { openLeavers } from './leavers/read.ts'
import { resendRest } from './leavers/rest.ts'
import { acknowledgeLeavers, settleLeavers } from './leavers/settle.ts'
import { nearMatches } from './leavers/near-matches.ts'
import { lease } from './submit/leases.ts'
import type { Driver, Sql } from './driver/sql.ts'
import { readAccess } from './inspect/access.ts'
import { recordDisclosure } from './inspect/disclosures.ts'
import { listAudit } from './inspect/audit.ts'
import { listEvents } from './inspect/events.ts'
import { seqOf } from './tables/ids.ts'
import { originsOf } from './tables/origins.ts'
import { writeTotals } from './tables/totals.ts'
import { trace } from './inspect/trace.ts'
import { replayEntries } from './dead-letters/replay-entries.ts'
import {
  cancelReplay,
  endReplay,
  forgetEdits,
  freezeReplay,
  knownEvents,
  moveReplay,
  noteDecision,
  replayItems,
  replayRuns,
  takenIn,
} from './dead-letters/replays.ts'
import { putBack } from './dead-letters/put-back.ts'
import { findEmployeeIds, findNameHolders } from './names/account-names.ts'
import { findEmployees, employeePage, viewsOf } from './inspect/views.ts'

interface Transactions {
  readonly write: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>
  readonly read: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>
  readonly instance: string
  readonly scrub: () => Promise<boolean>
}

/**
 * The ledger over any driver. Each method is one transaction. `instance` identifies the writer in the running
 * totals; it stays the same when a deployment slot restarts.
 */
export function sqlLedger(driver: Driver, instance: string): Ledger {
  const write = <T>(work: (sql: Sql) => Promise<T>): Promise<T> =>
    driver.transaction(async (sql) => {
      const result = await work(sql)
      await writeTotals(sql)
      return result
    })
  const read = <T>(work: (sql: Sql) => Promise<T>): Promise<T> => driver.transaction(work, 'read')
  const transactions: Transactions = { write, read, instance, scrub: () => driver.scrub() }
  return {
    ...intakeMethods(transactions),
    ...planMethods(transactions),
    ...submitMethods(transactions),
    ...reportMethods(transactions),
    ...deadLetterMethods(transactions),
    ...replayMethods(transactions),
    ...leaverMethods(transactions),
    ...blockMethods(transactions),
    ...findingMethods(transactions),
    ...alertMethods(transactions),
    ...inspectMethods(transactions),
    ...figureMethods(transactions),
    ...heldMethods(transactions),
    ...instanceMethods(transactions),
    ...upkeepMethods(transactions),
    ping: () => write(ping),
    close: () => driver.close(),
  }
}

function intakeMethods({ write, instance }: Transactions): IntakeLedger {
  return {
    recordMessages: (intake) => write((sql) => record(sql, instance, intake)),
    importBaseline: (rows) => write((sql) => importBaseline(sql, instance, rows)),
    claimNotices: (query) => write((sql) => claimNotices(sql, query)),
    finishNotices: (results, now) => write((sql) => finishReads(sql, instance, results, now)),
  }
}

function planMethods({ write, read, instance }: Transactions): PlanLedger {
  return {
    claimDueEmployees: (query) => (query.claimMs ? write : read)((sql) => claimDueEmployees(sql, query)),
    commitPlan: (decisions, brake, now) => write((sql) => commitPlan(sql, instance, decisions, brake, now)),
    replanForPilot: (query) => write((sql) => replanForPilot(sql, query)),
    countOutsidePilot: () => read(countOutsidePilot),
    readBrakeStatus: (settings, now) => read((sql) => brakeStatus(sql, settings, now)),
    listBraked: (query) => read((sql) => listBraked(sql, query)),
    releaseBrake: (order, now) => write((sql) => releaseBrake(sql, order, now)),
    refuseBrake: (order, now) => write((sql) => refuseBrake(sql, order, now)),
  }
}

function submitMethods({ write, read, instance }: Transactions): SubmitLedger {
  return {
    claimBatch: (query) => write((sql) => nextBatch(sql, query)),
    takeSlot: (batchId, query) => write((sql) => takeSlot(sql, instance, batchId, query)),
    recordBatchAnswer: (batchId, answer, now) => write((sql) => recordAnswer(sql, batchId, answer, now)),
    setHold: (hold) => write((sql) => setHold(sql, hold)),
    recordJobRestart: (startedAt, now) => write((sql) => jobRestarted(sql, instance, startedAt, now)),
    readSubmissionStatus: (now) => read((sql) => submissionStatus(sql, now)),
  }
}

function reportMethods({ write, read, instance }: Transactions): ReportLedger {
  return {
    findCandidates: (records) => read((sql) => candidates(sql, records)),
    recordLogRecords: (page) => write((sql) => correlate(sql, instance, page)),
    readOrigins: (operations) =>
      read(async (sql) => [...(await originsOf(sql, operations.map(seqOf))).values()].flat()),
    finalizeOperations: (now, limit) => write((sql) => finalize(sql, instance, now, limit)),
    findOverdueOperations: (acceptedBefore, limit) => read((sql) => overdue(sql, acceptedBefore, limit)),
    expireOperations: (query) => write((sql) => expire(sql, instance, query)),
    expireEscrowedOperations: (before, now, limit) => write((sql) => expireEscrowed(sql, before, now, limit)),
    expireIncompleteEvents: (before, now, limit) =>
      write((sql) => expireIncomplete(sql, instance, before, now, limit)),
    readWatermark: () => read(watermark),
    readOldestUnanswered: () => read(oldestUnanswered),
    listUnpublishedOutcomes: (limit) => read((sql) => takeUnpublished(sql, limit)),
    markOutcomesPublished: (ids, now) => write((sql) => markPublished(sql, instance, ids, now)),
  }
}

function deadLetterMethods({ write, read, instance }: Transactions): DeadLetterLedger {
  return {
    listDeadLetters: (query) => read((sql) => deadLetters(sql, query)),
    findDeadLetter: (seq) => read((sql) => deadLetter(sql, seq)),
    findCurrentDeadLetters: (seqs) => read((sql) => currentDeadLetters(sql, seqs)),
    endDeadLetters: (order, now) => write((sql) => endDeadLetters(sql, instance, order, now)),
    recordDiscardedMessages: (entity, sequences, actor, reason, now) =>
      write((sql) => noteDiscarded(sql, entity, sequences, actor, reason, now)),
    listUncopiedDeadLetters: (limit) => read((sql) => takeUncopied(sql, limit)),
    markDeadLettersCopied: (ids, now) => write((sql) => markCopied(sql, ids, now)),
  }
}

function replayMethods({ write, read }: Transactions): ReplayLedger {
  return {
    findKnownEvents: (names) => read((sql) => knownEvents(sql, names)),
    freezeReplay: (order, now) => write((sql) => freezeReplay(sql, order, now)),
    pauseReplay: (run, actor, justification, at) =>
      write((sql) => noteDecision(sql, 'paused', run, { at, actor, justification })),
    resumeReplay: (run, actor, justification, at) =>
      write((sql) => noteDecision(sql, 'resumed', run, { at, actor, justification })),
    listReplays: (query) => read((sql) => replayRuns(sql, query)),
    cancelReplay: (order, now) => write((sql) => cancelReplay(sql, order, now)),
    listReplayEntries: (run, after, limit) => read((sql) => replayEntries(sql, run, after, limit)),
    listReplayItems: (run, entity, stage, limit) =>
      read((sql) => replayItems(sql, run, entity, stage, limit)),
    moveReplayItems: (run, entity, moves, now) => write((sql) => moveReplay(sql, run, entity, moves, now)),
    putBackDeadLetters: (run, parts, now) => write((sql) => putBack(sql, run, parts, now)),
    endReplay: (run, now) => write((sql) => endReplay(sql, run, now)),
    forgetReplayEdits: (before, now) => write((sql) => forgetEdits(sql, before, now)),
    findCopiesTakenIn: (messageIds) => read((sql) => takenIn(sql, messageIds)),
  }
}

function leaverMethods({ write, read }: Transactions): LeaverLedger {
  return {
    listOpenLeavers: (query) => read((sql) => openLeavers(sql, query)),
    settleLeavers: (steps, now) => write((sql) => settleLeavers(sql, steps, now)),
    resendLeaverRest: (order, now) => write((sql) => resendRest(sql, order, now)),
    acknowledgeLeavers: (order, now) => write((sql) => acknowledgeLeavers(sql, order, now)),
    listEndedLeavers: (query) => read((sql) => endedLeavers(sql, query)),
  }
}

function blockMethods({ write, read }: Transactions): BlockLedger {
  return {
    blockEmployees: (orders, now) => write((sql) => blockEmployees(sql, orders, now)),
    unblockEmployee: (order, now) => write((sql) => unblockEmployee(sql, order, now)),
    listBlocks: (query) => read((sql) => listBlocks(sql, query)),
  }
}

function findingMethods({ write, read }: Transactions): FindingLedger {
  return {
    listFindings: (query) => read((sql) => listFindings(sql, query)),
    findFinding: (seq) => read((sql) => findFinding(sql, seq)),
    acknowledgeFinding: (acknowledgement, now) =>
      write(async (sql) => {
        const done = await acknowledgeFinding(sql, acknowledgement, now)
        if (done) await releaseByFinding(sql, acknowledgement.seq, now)
        return done
      }),
  }
}

function alertMethods({ write, read }: Transactions): AlertLedger {
  return {
    readAlerts: () => read(readBook),
    saveAlerts: (look) => write((sql) => saveLook(sql, look)),
    claimNotification: (query) => write((sql) => claimNotification(sql, query)),
    recordDelivery: (seq, delivery, now) => write((sql) => recordDelivery(sql, seq, delivery, now)),
    listAlertEmployees: (about, limit) => read((sql) => alertEmployees(sql, about, limit)),
  }
}

function inspectMethods({ read, write }: Transactions): InspectLedger & AccessLedger {
  return {
    recordDisclosure: (disclosure, now) => write((sql) => recordDisclosure(sql, disclosure, now)),
    readAccess: (employeeId, now) => read((sql) => readAccess(sql, employeeId, now)),
    readIdle: (now) => read((sql) => idle(sql, now)),
    readTotals: () => read(totals),
    readCounts: () =>
      read(async (sql) => ({ totals: await totals(sql), stateCounts: await stateCounts(sql) })),
    listEvents: (query) => read((sql) => listEvents(sql, query)),
    listAudit: (query) => read((sql) => listAudit(sql, query)),
    readTrace: (reference, query) => read((sql) => trace(sql, reference, query)),
    findEmployeeIds: (text) => read((sql) => findEmployeeIds(sql, text)),
    findNameHolders: (names) => read((sql) => findNameHolders(sql, names)),
    findEmployees: (reference) => read((sql) => findEmployees(sql, reference)),
    findNearMatches: (employeeId) =>
      read(async (sql) => (await nearMatches(sql, [employeeId])).get(employeeId) ?? []),
    readEmployees: (ids) => read((sql) => viewsOf(sql, ids)),
    listEmployees: (after, limit) => read((sql) => employeePage(sql, after, limit)),
  }
}

function heldMethods({ read }: Transactions): HeldLedger {
  return {
    countHeld: (query) => read((sql) => countHeld(sql, query)),
    listHeld: (query) => read((sql) => listHeld(sql, query)),
  }
}

function figureMethods({ write, read }: Transactions): FigureLedger {
  return {
    readFigures: (query) => read((sql) => figures(sql, query)),
    recordBusDeadLetters: (count) => write((sql) => recordBusDeadLetters(sql, count)),
  }
}

function instanceMethods({ write, read }: Transactions): InstanceLedger {
  return {
    announceInstance: (one) => write((sql) => announceInstance(sql, one)),
    endInstance: (id, now) => write((sql) => endInstance(sql, id, now)),
    listInstances: (now) => read((sql) => listInstances(sql, now)),
  }
}

function upkeepMethods({ write, read, instance, scrub }: Transactions): UpkeepLedger {
  return {
    takeLease: (query) => write((sql) => lease(sql, query)),
    cutMoments: (cut) => write((sql) => cutMoments(sql, cut)),
    listRetention: (query) => read((sql) => retentionPage(sql, query)),
    foldEvents: (cuts, settledBefore, now) =>
      write((sql) => foldAway(sql, instance, cuts, settledBefore, now)),
    removeAged: (query) => write((sql) => ageOut(sql, query)),
    eraseEmployee: async (erasure, now) => {
      const erased = await write((sql) => erase(sql, instance, erasure, now))
      return erased && { ...erased, filesClean: await scrub() }
    },
    readAge: () => read(age),
    markOlder: (mark, now) => write((sql) => foundOlder(sql, mark, now)),
    markRestored: (order, now) => write((sql) => ledgerRestored(sql, order, now)),
  }
}

/** Writes, because a ledger on a full or read-only disk still answers reads but cannot accept work. */
async function ping(sql: Sql): Promise<number | null> {
  const [row] = await sql.all<{ at: number | null }>(
    `INSERT INTO cursors (name, value) VALUES ('pings', 1) ON CONFLICT (name) DO UPDATE SET value = cursors.value + 1 RETURNING ${sql.dialect.clock} AS at`,
  )
  return row?.at ?? null
}
